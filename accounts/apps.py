from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and tokens"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from accounts.roles import hand_out_own_permissions
        from accounts.sign_in import note_sign_in

        user_logged_in.connect(note_sign_in)
        post_migrate.connect(hand_out_own_permissions, sender=self)

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and tokens"

    def ready(self) -> None:
        from axes.signals import user_locked_out
        from django.contrib.auth.signals import user_logged_in

        from accounts.roles import hand_out_own_permissions
        from accounts.sign_in import note_lock, note_sign_in

        user_logged_in.connect(note_sign_in)
        user_locked_out.connect(note_lock)
        post_migrate.connect(hand_out_own_permissions, sender=self)

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and tokens"

    def ready(self) -> None:
        from accounts.roles import hand_out_own_permissions

        post_migrate.connect(hand_out_own_permissions, sender=self)

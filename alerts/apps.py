from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = "Alerts"

    def ready(self) -> None:
        from accounts.signals import sign_in_locked
        from alerts.defaults import fill_in
        from alerts.services.sign_ins import tell_of_lock

        post_migrate.connect(fill_in, sender=self)
        sign_in_locked.connect(tell_of_lock)

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    """Pages that join rooms; it decides nothing."""

    name = "dashboard"
    verbose_name = "Dashboard"

    def ready(self) -> None:
        from dashboard.defaults import fill_in

        post_migrate.connect(fill_in, sender=self)

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages that join rooms; it decides nothing."""

    name = "dashboard"
    verbose_name = "Dashboard"

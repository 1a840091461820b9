from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OverridesConfig(AppConfig):
    name = "overrides"
    verbose_name = "Overrides"

    def ready(self) -> None:
        from overrides.defaults import fill_in

        post_migrate.connect(fill_in, sender=self)

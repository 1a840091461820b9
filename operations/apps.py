from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django_tenants.signals import schema_pre_migration


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        from operations import telling
        from operations.defaults import fill_in
        from operations.provisioning import prepare_public, refuse_missing_schema

        post_migrate.connect(prepare_public, sender=apps.get_app_config("tenants"))
        # After a room further down the list: ours stands first, before the one whose receiver makes permissions.
        post_migrate.connect(fill_in, sender=apps.get_app_config("overrides"))
        schema_pre_migration.connect(refuse_missing_schema)
        telling.begin_with_the_process()

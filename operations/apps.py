from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django_tenants.signals import schema_pre_migration


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        from operations.provisioning import prepare_public, refuse_missing_schema

        # Django says post_migrate for applications with models only; ours has none.
        post_migrate.connect(prepare_public, sender=apps.get_app_config("tenants"))
        schema_pre_migration.connect(refuse_missing_schema)

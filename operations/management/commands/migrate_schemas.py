"""``manage.py migrate_schemas``: bring every schema that exists up to date."""

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands import SyncCommon
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.migration_executors import get_executor
from django_tenants.utils import get_public_schema_name, schema_exists

from tenants.models import Tenant


class Command(MigrateSchemasCommand):
    """Takes the place of django-tenants' command, which ends at the first tenant that is not built yet."""

    help = "Migrate the public schema and every tenant's. Tenants that wait for `manage.py provision` are skipped."

    def handle(self, *args: Any, **options: Any) -> None:
        SyncCommon.handle(self, *args, **options)
        executor = get_executor(codename=self.executor)(self.args, self.options)
        if self.sync_public:
            executor.run_migrations(tenants=[get_public_schema_name()])
        if self.sync_tenant:
            executor.run_migrations(tenants=[self._named()] if self.schema_name else self._built())

    def _named(self) -> str:
        if not schema_exists(self.schema_name):
            raise CommandError(f"The schema {self.schema_name} does not exist.")
        return str(self.schema_name)

    def _built(self) -> list[str]:
        names = Tenant.objects.exclude(schema_name=get_public_schema_name()).values_list("schema_name", flat=True)
        built = []
        for name in names:
            if schema_exists(name):
                built.append(name)
            else:
                self.stdout.write(f"{name}: skipped, not built yet")
        return built

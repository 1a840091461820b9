"""``manage.py migrate_schemas``: what ``migrate_tenants`` does, and Django's options on top of it."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django_tenants.management.commands import SyncCommon
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.migration_executors import get_executor
from django_tenants.utils import get_public_schema_name, schema_exists

from core.errors import DomainError
from operations.errors import require_owner
from operations.management.commands.migrate_tenants import Command as MigrateTenants
from operations.rollout.locks import schema_lock
from operations.rollout.schemas import note_behind, note_migrated, pending
from tenants.models import Tenant

_LOOKING = ("plan", "check_unapplied")
_OWN = ("app_label", "migration_name", "fake", "fake_initial", "prune", "run_syncdb", *_LOOKING)


class Command(MigrateSchemasCommand):
    """Takes the place of django-tenants' command, which ends at the first tenant that is not built yet."""

    help = (
        "Migrate every schema, as `manage.py migrate_tenants --concurrency 1` does; with Django's options (an "
        "application, a migration to go back to, --fake, --plan, --check) or --schema, just that."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        SyncCommon.handle(self, *args, **options)
        if self._is_plain():
            call_command(MigrateTenants(), concurrency=1, verbosity=options["verbosity"], stdout=self.stdout)
            return
        try:
            require_owner()
        except DomainError as error:
            raise CommandError(error.message) from error
        for schema in self._schemas():
            self._run(schema)

    def _is_plain(self) -> bool:
        asked = any(self.options.get(name) for name in _OWN) or self.schema_name
        return bool(self.sync_public and self.sync_tenant and not asked)

    def _schemas(self) -> list[str]:
        if self.schema_name:
            if not schema_exists(self.schema_name):
                raise CommandError(f"The schema {self.schema_name} does not exist.")
            return [str(self.schema_name)]
        shared = [get_public_schema_name()] if self.sync_public else []
        return [*shared, *(self._built() if self.sync_tenant else [])]

    def _run(self, schema: str) -> None:
        """One schema, and what that means for who works in it."""
        executor = get_executor(codename=self.executor)(self.args, self.options)
        with schema_lock(schema):
            executor.run_migrations(tenants=[schema])
            if any(self.options.get(name) for name in _LOOKING):
                return
            if not pending(schema):
                note_migrated(schema)
            elif self.options.get("migration_name"):
                note_behind(schema)

    def _built(self) -> list[str]:
        names = Tenant.objects.exclude(schema_name=get_public_schema_name()).values_list("schema_name", flat=True)
        built = []
        for name in names:
            if schema_exists(name):
                built.append(name)
            else:
                self.stdout.write(f"{name}: skipped, not built yet")
        return built

"""Whether a schema is what this release's code expects."""

from django.db.migrations.recorder import MigrationRecorder

from tenants.current import connection
from tenants.versions import needed_migrations


def pending_migrations() -> int:
    """How many of this release's migrations the current schema has not had. One statement."""
    needed = needed_migrations(str(connection.schema_name))
    return len(needed - set(MigrationRecorder(connection).applied_migrations()))

"""Migrating one schema, and remembering in the public schema what became of it."""

import time
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import Error, OperationalError
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, get_tenant_base_migrate_command_class, schema_exists
from psycopg import sql
from psycopg.errors import LockNotAvailable

from core.errors import DomainError
from operations.roles import ensure_role, execute
from operations.rollout.locks import is_being_migrated, schema_lock
from tenants.current import connection
from tenants.models import TEMPLATE_SCHEMA, Tenant
from tenants.versions import needed_migrations, version_of

_PAUSE_SECONDS = 1.0
_INVALID_INDEXES = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(%s)) AND NOT i.indisvalid
"""
STOPPED = "It was stopped halfway; what it had finished stays. Run `manage.py migrate_tenants --resume`."


class MigrationFailed(DomainError):
    """A schema is not what this release expects of it; it is as it was before the migration that failed."""


def pending(schema: str) -> list[tuple[str, str]]:
    """Application and name of the migrations that this code wants and the schema does not have."""
    return sorted(needed_migrations(schema) - _applied(schema))


def migrate_schema(schema: str) -> int:
    """Bring a schema to what this release's code expects of it. Can be stopped and run again.

    Returns:
        How many migrations it lacked. Where none, what runs after each migration has run all the same.

    Raises:
        MigrationFailed: the message has the reason, which stands at the tenant too.
    """
    with schema_lock(schema):
        lacking = pending(schema)
        # The public schema's own migrations make the table that remembers all of them.
        if schema != get_public_schema_name():
            _note(schema, rollout=Tenant.Rollout.MIGRATING, rollout_at=timezone.now(), rollout_failure="")
        try:
            _migrate(schema)
        except Exception as error:
            note_failure(schema, f"{type(error).__name__}: {error}".strip())
            raise MigrationFailed("migration_failed", f"{schema}: {error}".strip()) from error
        note_migrated(schema)
    return len(lacking)


def note_migrated(schema: str) -> None:
    """A schema is what this release's code expects of it."""
    version = version_of(schema)
    connection.set_schema_to_public()
    for tenant in Tenant.objects.filter(schema_name=schema):
        known = [*(one for one in tenant.schema_versions if one != version), version]
        done: dict[str, Any] = {"schema_versions": known, "schema_release": settings.RELEASE, "rollout_failure": ""}
        _note(schema, rollout=Tenant.Rollout.DONE, rollout_at=timezone.now(), **done)


def note_failure(schema: str, failure: str) -> None:
    """A schema's migration ended without success. What it was good for before, it is good for still."""
    try:
        _note(schema, rollout=Tenant.Rollout.FAILED, rollout_at=timezone.now(), rollout_failure=failure)
    except Error:
        # Where the database has gone away, the reason to tell is that one.
        connection.close()


def note_behind(schema: str) -> None:
    """Migrations of a schema were taken back: no release is known to work in it."""
    _note(schema, rollout=Tenant.Rollout.NONE, rollout_at=timezone.now(), schema_versions=[], schema_release="")


def note_stopped() -> list[str]:
    """Say of schemas whose migration nobody works on any more that it was stopped; returns their names."""
    connection.set_schema_to_public()
    claimed = Tenant.objects.filter(rollout=Tenant.Rollout.MIGRATING).values_list("schema_name", flat=True)
    stopped = [schema for schema in claimed if not is_being_migrated(schema)]
    for schema in stopped:
        note_failure(schema, STOPPED)
    return stopped


def _note(schema: str, **fields: Any) -> None:
    connection.set_schema_to_public()
    Tenant.objects.filter(schema_name=schema).update(**fields)


def _migrate(schema: str) -> None:
    """Every report that needs a table waits behind who waits to change it: we wait briefly, and several times."""
    for left in reversed(range(settings.MIGRATION_LOCK_TRIES)):
        try:
            _migrate_once(schema)
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, LockNotAvailable):
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _migrate_once(schema: str) -> None:
    if not schema_exists(schema):
        raise DomainError("no_schema", "There is no such schema. `manage.py provision` builds what was asked for.")
    connection.set_schema(schema, include_public=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {int(settings.MIGRATION_LOCK_TIMEOUT * 1000)}")
    _drop_invalid_indexes(schema)
    MigrationRecorder(connection).ensure_schema()
    command = get_tenant_base_migrate_command_class()(stdout=StringIO(), no_color=True)
    call_command(command, interactive=False, skip_checks=True, verbosity=0)
    connection.set_schema_to_public()
    # The template has no role: nobody works in it.
    if schema not in (TEMPLATE_SCHEMA, get_public_schema_name()):
        ensure_role(schema)


def _drop_invalid_indexes(schema: str) -> None:
    """What CREATE INDEX CONCURRENTLY left when it was stopped; its migration could not make the index again."""
    with connection.cursor() as cursor:
        cursor.execute(_INVALID_INDEXES, [schema])
        found = [name for (name,) in cursor.fetchall()]
    for name in found:
        execute("DROP INDEX CONCURRENTLY {schema}.{name}", schema=schema, name=name)


def _applied(schema: str) -> set[tuple[str, str]]:
    if not has_table(schema, "django_migrations"):
        return set()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT app, name FROM {}").format(sql.Identifier(schema, "django_migrations")))
        return {(app, name) for app, name in cursor.fetchall()}


def has_table(schema: str, table: str) -> bool:
    """Whether a schema has a table of this name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(format('%%I.%%I', %s::text, %s::text))", [schema, table])
        return bool(cursor.fetchone() != (None,))

"""Building tenants: the only code that creates schemas and roles. Runs as the owner, never in web or workers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.utils import Error
from django.utils import timezone
from django_tenants.clone import CloneSchema
from django_tenants.utils import get_public_schema_name, schema_exists
from psycopg import sql

from accounts.models import User
from audit.protection import revoke_rewriting
from audit.services import record_entry
from core.errors import DomainError, Invalid
from tenants.current import connection
from tenants.models import TEMPLATE_SCHEMA, Domain, Tenant
from tenants.postgresql_backend.base import role_of

Say = Callable[[str], None]
_CONSTRAINTS = """
    SELECT t.relname, c.conname, c.contype, pg_get_constraintdef(c.oid) AS definition
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = %s AND c.contype = 'u'
"""
_RENAMED_CONSTRAINTS = f"""
    SELECT ours.relname, ours.conname, theirs.conname FROM ({_CONSTRAINTS}) theirs
    JOIN ({_CONSTRAINTS}) ours USING (relname, contype, definition) WHERE ours.conname <> theirs.conname
"""  # noqa: S608


class NotTheOwnerError(DomainError):
    """This process signs in with a role that may not build tenants."""


def request_tenant(
    *, schema_name: str, name: str, domain: str, by: User | None = None, at: datetime | None = None
) -> Tenant:
    """Ask for a tenant; ``provision`` builds it. May run anywhere, in the public schema.

    Args:
        by: None: somebody with a shell.
        at: now, where it is not said.

    Raises:
        Invalid: the schema name or the domain is not usable or taken.
    """
    domain = domain.strip().lower()
    if Domain.objects.filter(domain=domain).exists():
        raise Invalid("invalid", f"The domain {domain} is taken.", errors={"domain": ["Taken."]})
    tenant = Tenant(schema_name=schema_name, name=name)
    tenant.full_clean()
    with transaction.atomic():
        tenant.save()
        host = Domain(domain=domain, tenant=tenant, is_primary=True)
        host.full_clean()
        host.save()
        after = {"name": name, "schema_name": schema_name, "domain": domain}
        record_entry(action="tenant.requested", resource=tenant, by=by, at=at or timezone.now(), after=after)
    return tenant


def provision(*, say: Say) -> list[Tenant]:
    """Prepare the public schema and the template where needed, then build every requested tenant.

    Can be stopped and run again. A tenant that fails keeps its request and the reason; the others are built.
    Returns the tenants that failed.

    Raises:
        NotTheOwnerError: ``OWNER_DATABASE_URL`` is not set for this process.
    """
    if not settings.OWNER_DATABASE_URL:
        raise NotTheOwnerError("not_the_owner", "Set OWNER_DATABASE_URL: only the owner may create schemas and roles.")
    connection.set_schema_to_public()
    prepare_public()
    if Tenant.objects.requested().exists() or not Tenant.objects.filter(schema_name=TEMPLATE_SCHEMA).exists():
        _prepare_template(say)
    failed: list[Tenant] = []
    # Asked anew for each: who builds at the same time may have built the next one, and it may be in use.
    while tenant := Tenant.objects.requested().exclude(pk__in=[one.pk for one in failed]).first():
        # django-tenants' clone slows without bound on one long-lived connection.
        connection.close()
        try:
            _build(tenant)
        except Error as error:
            Tenant.objects.filter(pk=tenant.pk).update(failure=str(error))
            say(f"{tenant.schema_name}: failed: {error}")
            failed.append(tenant)
        else:
            say(f"{tenant.schema_name}: built")
    return failed


def prepare_public(**signal: Any) -> None:
    """The public schema's role, tenant row and host name. Also runs after each migration by the owner."""
    if not settings.OWNER_DATABASE_URL or connection.schema_name != get_public_schema_name():
        return
    public = get_public_schema_name()
    _ensure_role(public)
    tenant, _ = Tenant.objects.get_or_create(
        schema_name=public, defaults={"name": "Platform", "state": Tenant.State.ACTIVE}
    )
    Domain.objects.get_or_create(domain=settings.BASE_DOMAIN, defaults={"tenant": tenant, "is_primary": True})


def refuse_missing_schema(*, schema_name: str, **signal: Any) -> None:
    """Stop a migration of a schema that is not there: its tables would be made in the next one of the path.

    Raises:
        CommandError: it is not there.
    """
    if not schema_exists(schema_name):
        raise CommandError(f"The schema {schema_name} does not exist. `manage.py provision` builds what was asked for.")


def _prepare_template(say: Say) -> None:
    """Build the template, complete one whose building was stopped, bring it up to date. Changes nothing else."""
    if not schema_exists(TEMPLATE_SCHEMA):
        say("template: building")
    _execute("CREATE SCHEMA IF NOT EXISTS {schema}", schema=TEMPLATE_SCHEMA)
    call_command("migrate_schemas", schema_name=TEMPLATE_SCHEMA, interactive=False, verbosity=0)
    connection.set_schema_to_public()
    # Last, since the row says that there is a template.
    Tenant.objects.get_or_create(
        schema_name=TEMPLATE_SCHEMA, defaults={"name": "Template", "state": Tenant.State.TEMPLATE}
    )


def _build(tenant: Tenant) -> None:
    connection.set_schema_to_public()
    if schema_exists(tenant.schema_name):
        # Left behind by a run that was stopped; nobody has used it.
        _execute("DROP SCHEMA {schema} CASCADE", schema=tenant.schema_name)
    CloneSchema().clone_schema(TEMPLATE_SCHEMA, tenant.schema_name)
    connection.set_schema_to_public()
    _restore_constraint_names(tenant.schema_name)
    _ensure_role(tenant.schema_name)
    tenant.state, tenant.failure = Tenant.State.ACTIVE, ""
    with transaction.atomic():
        tenant.save()
        record_entry(action="tenant.built", resource=tenant, by=None, at=timezone.now())


def _restore_constraint_names(schema: str) -> None:
    """Cloning lets PostgreSQL invent names for unique constraints; migrations look for the ones that we gave."""
    with connection.cursor() as cursor:
        cursor.execute(_RENAMED_CONSTRAINTS, [TEMPLATE_SCHEMA, schema])
        renamed = cursor.fetchall()
    for table, invented, given in renamed:
        statement = "ALTER TABLE {schema}.{table} RENAME CONSTRAINT {invented} TO {given}"
        _execute(statement, schema=schema, table=table, invented=invented, given=given)


def _ensure_role(schema: str) -> None:
    """The schema's role, with rights on it alone, that the login role may assume but does not inherit."""
    role = role_of(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        exists = cursor.fetchone()
        cursor.execute("SELECT current_setting('server_version_num')::int, current_database()")
        version, database = cursor.fetchone()
    if not exists:
        _execute("CREATE ROLE {role} NOLOGIN NOINHERIT", role=role)
    how = " WITH INHERIT FALSE, SET TRUE" if version >= 160000 else ""  # NOINHERIT says it before 16
    _execute(f"GRANT {{role}} TO {{login}}{how}", role=role, login=settings.LOGIN_ROLE or f"{database}_login")
    _execute("GRANT USAGE ON SCHEMA {schema} TO {role}", schema=schema, role=role)
    for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
        names = {"schema": schema, "role": role}
        _execute(f"GRANT {rights} ON ALL {kind} IN SCHEMA {{schema}} TO {{role}}", **names)
        _execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {rights} ON {kind} TO {{role}}", **names)
    revoke_rewriting(schema)


def _execute(statement: str, **names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))

"""Building tenants: the only code that creates schemas and roles. Runs as the owner, never in web or workers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import transaction
from django.db.utils import Error
from django.utils import timezone
from django_tenants.clone import CloneSchema
from django_tenants.utils import get_public_schema_name, schema_exists

from accounts.models import User
from audit.services import record_entry
from core.errors import Invalid
from operations.errors import require_owner
from operations.roles import ensure_role, execute
from operations.rollout.locks import schema_lock
from operations.rollout.schemas import migrate_schema, note_migrated
from tenants.current import connection
from tenants.models import TEMPLATE_SCHEMA, Domain, Tenant

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
        MigrationFailed: the template cannot be brought to this release.
    """
    require_owner()
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
            built = _build_if_requested(tenant)
        except Error as error:
            Tenant.objects.filter(pk=tenant.pk).update(failure=str(error))
            say(f"{tenant.schema_name}: failed: {error}")
            failed.append(tenant)
        else:
            say(f"{tenant.schema_name}: {'built' if built else 'was built by somebody else'}")
    return failed


def prepare_public(**signal: Any) -> None:
    """The public schema's role, tenant row and host name. Also runs after each migration by the owner."""
    if not settings.OWNER_DATABASE_URL or connection.schema_name != get_public_schema_name():
        return
    public = get_public_schema_name()
    ensure_role(public)
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
    execute("CREATE SCHEMA IF NOT EXISTS {schema}", schema=TEMPLATE_SCHEMA)
    migrate_schema(TEMPLATE_SCHEMA)
    # Last, since the row says that there is a template.
    Tenant.objects.get_or_create(
        schema_name=TEMPLATE_SCHEMA, defaults={"name": "Template", "state": Tenant.State.TEMPLATE}
    )
    note_migrated(TEMPLATE_SCHEMA)


def _build_if_requested(tenant: Tenant) -> bool:
    # A template that is migrated while it is copied would make half a tenant.
    with schema_lock(TEMPLATE_SCHEMA):
        if not Tenant.objects.requested().filter(pk=tenant.pk).exists():
            return False
        _build(tenant)
        return True


def _build(tenant: Tenant) -> None:
    connection.set_schema_to_public()
    if schema_exists(tenant.schema_name):
        # Left behind by a run that was stopped; nobody has used it.
        execute("DROP SCHEMA {schema} CASCADE", schema=tenant.schema_name)
    CloneSchema().clone_schema(TEMPLATE_SCHEMA, tenant.schema_name)
    connection.set_schema_to_public()
    _restore_constraint_names(tenant.schema_name)
    ensure_role(tenant.schema_name)
    template = Tenant.objects.get(schema_name=TEMPLATE_SCHEMA)
    tenant.schema_versions, tenant.schema_release = template.schema_versions, template.schema_release
    tenant.rollout, tenant.rollout_at = Tenant.Rollout.DONE, timezone.now()
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
        execute(statement, schema=schema, table=table, invented=invented, given=given)

"""Decisions about tenants that need no rights on schemas."""

from django_tenants.utils import get_public_schema_name, schema_context

from core.errors import Conflict
from tenants.models import Tenant


def suspend_tenant(tenant: Tenant) -> None:
    """Stop serving a tenant; its data stays. Other web processes follow within a minute.

    Raises:
        Conflict: it is not active.
    """
    _move(tenant, Tenant.State.ACTIVE, Tenant.State.SUSPENDED)


def resume_tenant(tenant: Tenant) -> None:
    """Serve a suspended tenant again.

    Raises:
        Conflict: it is not suspended.
    """
    _move(tenant, Tenant.State.SUSPENDED, Tenant.State.ACTIVE)


def waits_for_migration(schema_name: str) -> bool:
    """Whether this release's code must leave a tenant alone until `manage.py migrate_tenants` has been there."""
    with schema_context(get_public_schema_name()):
        return not Tenant.objects.migrated().filter(schema_name=schema_name).exists()


def _move(tenant: Tenant, before: Tenant.State, after: Tenant.State) -> None:
    if not Tenant.objects.filter(pk=tenant.pk, state=before).update(state=after):
        raise Conflict("wrong_state", f"{tenant} is not {before.label.lower()}.")
    tenant.state = after
    # Tells who remembers the tenant's host names.
    tenant.save(update_fields=["state"])

"""Whose archive a command is about."""

from collections.abc import Iterator

from django.core.management.base import CommandError
from django_tenants.utils import get_public_schema_name, tenant_context

from tenants.current import connection
from tenants.models import Tenant


def entered(schema: str | None) -> Iterator[Tenant]:
    """Each tenant that has tables, or the one of this name, with the connection inside it.

    Raises:
        CommandError: there is no such tenant.
    """
    before = connection.tenant
    connection.set_schema_to_public()
    tenants = list(Tenant.objects.built())
    connection.set_tenant(before)
    # The operators' own alerts come last: tenants are what somebody waits for.
    tenants.sort(key=lambda tenant: (tenant.schema_name == get_public_schema_name(), tenant.schema_name))
    chosen = [tenant for tenant in tenants if schema in (None, tenant.schema_name)]
    if not chosen:
        raise CommandError(f"{schema} is no tenant.")
    for tenant in chosen:
        with tenant_context(tenant):
            yield tenant

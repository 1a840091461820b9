"""Which tenant a command works in."""

from contextlib import AbstractContextManager, nullcontext

from django.core.management.base import CommandError
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from accounts.roles import in_tenant_schema
from tenants.models import Tenant


def within(schema: str) -> AbstractContextManager[None]:
    """Work in the tenant of this schema (``public``: the operators), or in the one where we are, under tenant_command.

    Raises:
        CommandError: there is no such tenant, or none is named.
    """
    if not schema and in_tenant_schema():
        return nullcontext()
    if not schema:
        raise CommandError("Name the tenant with --schema.")
    if schema == get_public_schema_name():
        public: AbstractContextManager[None] = schema_context(schema)
        return public
    with schema_context(get_public_schema_name()):
        tenant = Tenant.objects.active().filter(schema_name=schema).first()
    if tenant is None:
        raise CommandError(f"There is no such tenant: {schema}.")
    context: AbstractContextManager[None] = tenant_context(tenant)
    return context

"""Test clients that call one tenant's host name and leave the connection in the tenant that it was in."""

from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from tenants.current import connection
from tenants.models import Tenant


class _OfTenant(Client):
    """Every request goes to the tenant's host."""

    def __init__(self, tenant: Tenant, **options: Any) -> None:
        self.tenant = tenant
        host = "localhost" if tenant.schema_name == "public" else f"{tenant.schema_name}.localhost"
        super().__init__(headers={"host": host}, **options)

    def request(self, **request: Any) -> Any:
        """Send the request, and come back to the test's tenant."""
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Sign in inside the client's tenant, where its session belongs."""
        before = connection.tenant
        connection.set_tenant(self.tenant)
        try:
            super().force_login(user, backend)
        finally:
            connection.set_tenant(before)


class TenantAPIClient(_OfTenant, APIClient):
    """For the REST API."""


class TenantClient(_OfTenant):
    """For pages."""

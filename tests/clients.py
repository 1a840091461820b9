"""Test clients that call one tenant's host name and leave the connection in the tenant that it was in."""

from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from tenants.models import Tenant


class _OfTenant:
    """Mixed into a client: every request goes to the tenant's host."""

    def __init__(self, tenant: Tenant, **options: Any) -> None:
        self.tenant = tenant
        host = "localhost" if tenant.schema_name == "public" else f"{tenant.schema_name}.localhost"
        super().__init__(HTTP_HOST=host, **options)

    def request(self, **request: Any) -> HttpResponse:
        """Send the request, and come back to the test's tenant."""
        before = connection.tenant
        try:
            response: HttpResponse = super().request(**request)  # type: ignore[misc]
            return response
        finally:
            connection.set_tenant(before)

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Sign in inside the client's tenant, where its session belongs."""
        before = connection.tenant
        connection.set_tenant(self.tenant)
        try:
            super().force_login(user, backend)  # type: ignore[misc]
        finally:
            connection.set_tenant(before)


class TenantAPIClient(_OfTenant, APIClient):
    """For the REST API."""


class TenantClient(_OfTenant, Client):
    """For pages."""

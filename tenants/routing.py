"""Which tenant a request is for: chosen by host name, before anything else touches the database."""

import time
from threading import Lock

from django.core.exceptions import DisallowedHost
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django_tenants.middleware import TenantMainMiddleware
from django_tenants.utils import get_public_schema_name

from core.views import refused
from tenants.current import connection
from tenants.models import Domain, Tenant

CACHED_SECONDS = 60.0
RETRY_SECONDS = 30
"""After which whoever called a tenant that waits for its migration may call again."""
# Unknown names are not remembered: a flood of invented hosts must not fill the memory.
_cache: dict[str, tuple[float, Tenant]] = {}
_cache_lock = Lock()


@receiver([post_save, post_delete], sender=Domain)
@receiver([post_save, post_delete], sender=Tenant)
def forget_hosts(**_: object) -> None:
    """A tenant or a domain changed: look host names up again (other processes follow within a minute)."""
    with _cache_lock:
        _cache.clear()


def tenant_of_host(hostname: str) -> Tenant | None:
    """The tenant that answers to this host name, or None. Looks in the public schema, at most once a minute."""
    known = _cache.get(hostname)
    if known and known[0] > time.monotonic():
        return known[1]
    connection.set_schema_to_public()
    domain = Domain.objects.select_related("tenant").filter(domain=hostname).first()
    if domain is None:
        return None
    tenant: Tenant = domain.tenant
    # One that waits for its migration is looked up each time: it is served the moment that this is over.
    if tenant.is_migrated or _is_public(tenant):
        with _cache_lock:
            _cache[hostname] = (time.monotonic() + CACHED_SECONDS, tenant)
    return tenant


def _is_public(tenant: Tenant) -> bool:
    return bool(tenant.schema_name == get_public_schema_name())


class TenantMiddleware(TenantMainMiddleware):
    """Enter the schema of the tenant whose host name was called; an unknown host is answered 404."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Set ``request.tenant`` and the connection's tenant, or answer at once."""
        # A thread is reused: until the host is known, the work belongs to nobody.
        connection.set_schema_to_public()
        try:
            hostname = self.hostname_from_request(request)
        except DisallowedHost:
            return unknown_host(request)
        tenant = tenant_of_host(hostname.lower())
        if tenant is None or tenant.state in (Tenant.State.REQUESTED, Tenant.State.TEMPLATE):
            return unknown_host(request)
        if tenant.state != Tenant.State.ACTIVE:
            return suspended(request)
        if not (tenant.is_migrated or _is_public(tenant)):
            return being_migrated(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        self.setup_url_routing(request)
        return None


def unknown_host(request: HttpRequest) -> HttpResponse:
    """Say that no tenant answers to this host name, and nothing about which ones would."""
    return refused(request, 404, "unknown_host", "No tenant answers to this host name.", home=False)


def suspended(request: HttpRequest) -> HttpResponse:
    """Say whom to ask."""
    detail = "This tenant is suspended. Ask the platform's operators."
    return refused(request, 403, "tenant_suspended", detail, home=False)


def being_migrated(request: HttpRequest) -> HttpResponse:
    """Say when to come back. CI's reporter does so by itself."""
    detail = f"This tenant is being brought up to date. Try again in {RETRY_SECONDS} seconds."
    response = refused(request, 503, "tenant_migrating", detail, home=False)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response

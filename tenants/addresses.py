"""How people reach a tenant's host from outside: for links in what we send, where there is no request to ask."""

import time

from django.conf import settings
from django_tenants.utils import schema_context

from tenants.current import connection
from tenants.models import Domain

_SECONDS = 60.0
_known: dict[str, tuple[float, str]] = {}


def absolute(path: str) -> str:
    """The address of a path on the current tenant's primary host. Looks in the public schema, once a minute."""
    schema = str(connection.schema_name)
    host = _host_of(schema)
    port = f":{settings.SITE_PORT}" if settings.SITE_PORT else ""
    return f"{settings.SITE_SCHEME}://{host}{port}{path}"


def _host_of(schema: str) -> str:
    known = _known.get(schema)
    if known and known[0] > time.monotonic():
        return known[1]
    with schema_context("public"):
        hosts = Domain.objects.filter(tenant__schema_name=schema).order_by("-is_primary", "pk")
        host = str(hosts.values_list("domain", flat=True).first() or settings.BASE_DOMAIN)
    _known[schema] = (time.monotonic() + _SECONDS, host)
    return host

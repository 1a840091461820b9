"""The first page of the operators' console: the tenants, and which of them wait, failed or are not migrated."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from core.admin_cells import list_url, page_url
from tenants.models import TEMPLATE_SCHEMA, Tenant
from tenants.versions import tenant_version

_SHOWN = 10


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the first page's context what an operator looks for first."""
    if not request.user.has_perm("tenants.view_tenant"):
        return context
    tenants = Tenant.objects.exclude(schema_name__in=["public", TEMPLATE_SCHEMA])
    numbers = dict(tenants.order_by().values_list("state").annotate(Count("pk")))
    shown = (Tenant.State.ACTIVE, Tenant.State.REQUESTED, Tenant.State.SUSPENDED)
    return context | {
        "cards": [
            {
                "title": state.label,
                "number": f"{numbers.get(state, 0):,}",
                "page": list_url(Tenant, state__exact=state.value),
            }
            for state in shown
        ],
        "behind": [{"tenant": tenant, "page": page_url(tenant)} for tenant in _behind(tenants)[:_SHOWN]],
        "requested": [{"tenant": tenant, "page": page_url(tenant)} for tenant in tenants.requested()[:_SHOWN]],
    }


def _behind(tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
    """Tenants that this release does not serve, or whose migration failed."""
    late = ~Q(schema_versions__contains=[tenant_version()]) | Q(rollout=Tenant.Rollout.FAILED)
    return tenants.filter(late, state__in=[Tenant.State.ACTIVE, Tenant.State.SUSPENDED]).order_by("schema_name")

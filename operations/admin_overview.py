"""The first page of the operators' console: the tenants, and which of them wait or failed."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest

from core.admin_cells import list_url, page_url
from tenants.models import TEMPLATE_SCHEMA, Tenant

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
        "requested": [{"tenant": tenant, "page": page_url(tenant)} for tenant in tenants.requested()[:_SHOWN]],
    }

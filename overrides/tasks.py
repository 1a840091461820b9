"""What beat does every minute: end what is over, and warn of what is about to end."""

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from core.publishing import announce, taken
from overrides.queries.requests import something_due
from overrides.services.expiring import expire_due
from overrides.services.warning import note_warnings
from tenants.models import Tenant

TICK, EVERYWHERE = "overrides.tick", "overrides.tick_everywhere"
QUEUE = "urgent"
"""A backlog of reports must not keep an override alive."""


@shared_task(name=EVERYWHERE, fan_out=True)  # type: ignore[untyped-decorator]
def tick_everywhere() -> None:
    """Tell the tenants that have something to do; mostly none has, which takes a look at two small indexes each."""
    for tenant in list(Tenant.objects.active()):
        with tenant_context(tenant):
            if something_due(timezone.now()):
                announce(TICK, key=TICK, queue=QUEUE)


@shared_task(name=TICK)  # type: ignore[untyped-decorator]
def tick() -> None:
    """One tenant's turn."""
    taken(key=TICK)
    now = timezone.now()
    expire_due(at=now)
    note_warnings(at=now)

"""Celery's side: a turn of sending, and beat's look at the clock for every schema."""

import logging
from time import monotonic

from celery import shared_task
from django.db.utils import Error
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from alerts.delivery import deliver_next
from alerts.models import Delivery
from alerts.services.announcing import DELIVERY_TASK, OPERATORS_TASK, announce_rest, message_taken
from alerts.services.clock import look_at_the_clock
from tenants.models import Tenant

CLOCK_TASK = "alerts.look_at_the_clock"
_TURN_SECONDS = 1.0
logger = logging.getLogger(__name__)


@shared_task(name=DELIVERY_TASK)  # type: ignore[untyped-decorator]
def deliver() -> None:
    """Send the most urgent messages of this tenant, for about a second."""
    _deliver()


@shared_task(name=OPERATORS_TASK, fan_out=True)  # type: ignore[untyped-decorator]
def deliver_to_operators() -> None:
    """Send the most urgent messages of the public schema, which is no tenant."""
    with schema_context(get_public_schema_name()):
        _deliver()


@shared_task(name=CLOCK_TASK, fan_out=True)  # type: ignore[untyped-decorator]
def look_at_every_clock() -> None:
    """Every minute: what is due in each tenant, and for the operators. What is wrong with one stops no other."""
    for tenant in Tenant.objects.active():
        try:
            with tenant_context(tenant):
                look_at_the_clock(at=timezone.now())
        except Error:
            logger.exception("the alerts of %s cannot be read", tenant.schema_name)
    with schema_context(get_public_schema_name()):
        look_at_the_clock(at=timezone.now())


def _deliver() -> None:
    message_taken()
    # Several for one message from the broker; not all, or a storm of one tenant's would keep the others waiting.
    until = monotonic() + _TURN_SECONDS
    while deliver_next() and monotonic() < until:
        pass
    announce_rest(Delivery.objects.next_due())

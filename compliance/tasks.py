"""The Celery tasks of inbox, outbox and trends. A message says that a tenant has work; a run does one piece of it."""

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from compliance.inbox import process_next
from compliance.outbox import deliver_next
from compliance.services.announcing import INBOX_TASK, OUTBOX_TASK, URGENT_TASK, announce_rest, message_taken
from compliance.services.trends import refresh_trends
from core.publishing import announce, taken
from tenants.models import Tenant

TRENDS, TRENDS_EVERYWHERE = "compliance.refresh_trends", "compliance.refresh_trends_everywhere"
TRENDS_QUEUE = "alerts"
"""Behind no backlog of reports."""


@shared_task(name=INBOX_TASK)  # type: ignore[untyped-decorator]
def process_inbox() -> None:
    """Process the most urgent report."""
    message_taken(INBOX_TASK)
    process_next()
    announce_rest(INBOX_TASK)


@shared_task(name=URGENT_TASK)  # type: ignore[untyped-decorator]
def process_urgent() -> None:
    """The same for reports that probably carry BLOCK violations, by a worker of their own."""
    message_taken(URGENT_TASK)
    process_next(blocking_only=True)
    announce_rest(URGENT_TASK)


@shared_task(name=OUTBOX_TASK)  # type: ignore[untyped-decorator]
def deliver_updates() -> None:
    """Tell a code host the most urgent of what it is to be told."""
    message_taken(OUTBOX_TASK)
    deliver_next()
    announce_rest(OUTBOX_TASK)


@shared_task(name=TRENDS_EVERYWHERE, fan_out=True)  # type: ignore[untyped-decorator]
def refresh_trends_everywhere() -> None:
    """Tell every tenant to count its days: today's, and those that are over at its own midnight."""
    for tenant in list(Tenant.objects.active()):
        with tenant_context(tenant):
            announce(TRENDS, key=TRENDS, queue=TRENDS_QUEUE, seconds=600)


@shared_task(name=TRENDS)  # type: ignore[untyped-decorator]
def refresh() -> None:
    """One tenant's turn."""
    taken(key=TRENDS)
    refresh_trends(at=timezone.now())

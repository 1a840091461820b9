"""The Celery tasks of inbox and outbox. A message says only that a tenant has work; each run does one piece of it."""

from celery import shared_task

from compliance.inbox import process_next
from compliance.outbox import deliver_next
from compliance.services.announcing import INBOX_TASK, OUTBOX_TASK, URGENT_TASK, announce_rest, message_taken


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

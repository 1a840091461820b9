"""Telling the workers that messages wait. The task's name, so that services need no tasks."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.publishing import announce, taken

DELIVERY_TASK = "alerts.deliver"
QUEUE = "alerts"


def announce_deliveries() -> None:
    """Once the transaction is committed, tell a worker. Robust: without a broker the inbox runner finds the rows."""
    transaction.on_commit(lambda: announce(DELIVERY_TASK, key=DELIVERY_TASK, queue=QUEUE), robust=True)


def announce_rest(due: datetime | None) -> None:
    """Tell a worker of what is due next, when it is.

    Args:
        due: of the first delivery that waits; None where none does.
    """
    if due is None:
        return
    pause = max(0.0, (due - timezone.now()).total_seconds())
    # A message for later has a key of its own: it must not keep one for now from being sent.
    key = f"{DELIVERY_TASK}@{due.timestamp()}" if pause else DELIVERY_TASK
    announce(DELIVERY_TASK, key=key, queue=QUEUE, countdown=pause)


def message_taken() -> None:
    """A worker has the message: the next delivery is announced again."""
    taken(key=DELIVERY_TASK)

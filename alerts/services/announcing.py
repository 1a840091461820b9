"""Telling the workers that messages wait. The task's name, so that services need no tasks."""

from django.db import transaction

from core.publishing import announce, taken

DELIVERY_TASK = "alerts.deliver"
QUEUE = "alerts"


def announce_deliveries(*, countdown: float = 0) -> None:
    """Once the transaction is committed, tell a worker. Robust: without a broker the inbox runner finds the rows."""
    transaction.on_commit(lambda: announce_now(countdown=countdown), robust=True)


def announce_now(*, countdown: float = 0) -> None:
    """Tell a worker at once, or for later."""
    # A message for later has a key of its own: it must not keep one for now from being sent.
    key = f"{DELIVERY_TASK}@{int(countdown)}" if countdown else DELIVERY_TASK
    announce(DELIVERY_TASK, key=key, queue=QUEUE, countdown=countdown)


def message_taken() -> None:
    """A worker has the message: the next delivery is announced again."""
    taken(key=DELIVERY_TASK)

"""Telling the workers that the current tenant has reports, or code hosts to tell.

Holds the names of the tasks, so that services need no tasks.
"""

from typing import cast

from django.utils import timezone

from compliance.models import StatusUpdate, Submission
from core.claims import ClaimQuerySet
from core.publishing import announce, taken

INBOX_TASK, URGENT_TASK = "compliance.process_inbox", "compliance.process_urgent"
OUTBOX_TASK = "compliance.deliver_updates"
_QUEUES = {INBOX_TASK: "inbox", URGENT_TASK: "urgent", OUTBOX_TASK: "outbox"}


def announce_work(*, blocking: bool) -> None:
    """A report came in; where it may carry a BLOCK, the urgent worker hears of it too."""
    for task in (URGENT_TASK, INBOX_TASK) if blocking else (INBOX_TASK,):
        announce(task, key=task, queue=_QUEUES[task])


def announce_updates() -> None:
    """A code host is to be told something."""
    announce(OUTBOX_TASK, key=OUTBOX_TASK, queue=_QUEUES[OUTBOX_TASK])


def message_taken(task: str) -> None:
    """A worker has this task's message: the next report is announced again."""
    taken(key=task)


def announce_rest(task: str) -> None:
    """While work waits, the tenant goes to the tail of the queue, so that none stands before another."""
    due = _waiting(task).next_due()
    if due is None:
        return
    pause = max(0.0, (due - timezone.now()).total_seconds())
    # A message for later has a key of its own: it must not keep one for now from being sent.
    key = f"{task}@{due.timestamp()}" if pause else task
    announce(task, key=key, queue=_QUEUES[task], countdown=pause)


def _waiting(task: str) -> ClaimQuerySet:
    if task == OUTBOX_TASK:
        return cast(ClaimQuerySet, StatusUpdate.objects.sendable())
    waiting = Submission.objects.blocking() if task == URGENT_TASK else Submission.objects.all()
    return cast(ClaimQuerySet, waiting)

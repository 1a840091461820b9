"""Telling the workers that the current tenant has reports. The names of the tasks, so that services need no tasks."""

from django.utils import timezone

from compliance.models import Submission
from core.publishing import announce, taken

INBOX_TASK, URGENT_TASK = "compliance.process_inbox", "compliance.process_urgent"
_QUEUES = {INBOX_TASK: "inbox", URGENT_TASK: "urgent"}


def announce_work(*, blocking: bool) -> None:
    """A report came in; where it may carry a BLOCK, the urgent worker hears of it too."""
    for task in (URGENT_TASK, INBOX_TASK) if blocking else (INBOX_TASK,):
        announce(task, key=task, queue=_QUEUES[task])


def message_taken(task: str) -> None:
    """A worker has this task's message: the next report is announced again."""
    taken(key=task)


def announce_rest(task: str) -> None:
    """While reports wait, the tenant goes to the tail of the queue, so that none stands before another."""
    waiting = Submission.objects.blocking() if task == URGENT_TASK else Submission.objects.all()
    due = waiting.next_due()
    if due is None:
        return
    pause = max(0.0, (due - timezone.now()).total_seconds())
    # A message for later has a key of its own: it must not keep one for now from being sent.
    key = f"{task}@{due.timestamp()}" if pause else task
    announce(task, key=key, queue=_QUEUES[task], countdown=pause)

"""Telling the workers that messages wait. The tasks' names, so that services need no tasks."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from core.publishing import announce, taken
from tenants.current import connection

DELIVERY_TASK = "alerts.deliver"
OPERATORS_TASK = "alerts.deliver_to_operators"
QUEUE = "alerts"


def announce_deliveries() -> None:
    """Once the transaction is committed, tell a worker. Robust: without a broker the inbox runner finds the rows."""
    # The message names the schema where the rows are, whichever one the transaction ends in.
    schema = str(connection.schema_name)
    transaction.on_commit(lambda: _announce_in(schema), robust=True)


def announce_rest(due: datetime | None) -> None:
    """Tell a worker of what is due next, when it is.

    Args:
        due: of the first delivery that waits; None where none does.
    """
    if due is None:
        return
    task, pause = _task(), max(0.0, (due - timezone.now()).total_seconds())
    # A message for later has a key of its own: it must not keep one for now from being sent.
    announce(task, key=f"{task}@{due.timestamp()}" if pause else task, queue=QUEUE, countdown=pause)


def message_taken() -> None:
    """A worker has the message: the next delivery is announced again."""
    taken(key=_task())


def _announce_in(schema: str) -> None:
    if connection.schema_name == schema:
        announce(_task(), key=_task(), queue=QUEUE)
        return
    with schema_context(schema):
        announce(_task(), key=_task(), queue=QUEUE)


def _task() -> str:
    """The public schema is no tenant: its messages go out by a task that may run there."""
    return OPERATORS_TASK if connection.schema_name == get_public_schema_name() else DELIVERY_TASK

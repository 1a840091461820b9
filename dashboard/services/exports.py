"""Asking for files of what a list shows."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.permitting import check_permitted
from audit.services import record_entry
from core.errors import Conflict
from core.publishing import announce
from dashboard.models import Export
from tenants.current import connection

KEPT = timedelta(days=1)
UNFINISHED = 3
"""So many may a person wait for at once."""
ASK = "dashboard.add_export"
TASK, QUEUE = "dashboard.write_exports", "exports"


@transaction.atomic
def ask_for_export(*, kind: str, query: QueryDict, expected: int, by: User, at: datetime) -> Export:
    """Have a file written of everything that these filters of the violations' list find.

    Args:
        expected: about how many rows that are.

    Raises:
        Forbidden: ``by`` may not.
        Conflict: ``by`` waits for as many as one may.
    """
    check_permitted(by, ASK, "You may not export.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if Export.objects.filter(asked_by=by).waiting().count() >= UNFINISHED:
        raise Conflict(
            "too_many_exports", f"You wait for {UNFINISHED} files already: let one be finished, or cancel it."
        )
    export = Export.objects.create(
        kind=kind, query=query.urlencode(), expected=expected, asked_by=by, received_at=at, run_after=at,
        expires_at=at + KEPT,
    )  # fmt: skip
    record_export("violations", by=by, kind=kind, filters=query, export=str(export.pk))
    transaction.on_commit(announce_exports, robust=True)
    return export


def cancel_export(export: Export) -> None:
    """Remove it and its file. Who writes it finds it gone, and stops."""
    file = export.file
    export.delete()
    if file:
        file.storage.delete(str(file.name))


def remove_expired(*, at: datetime) -> int:
    """Remove files whose time is up; returns how many."""
    over = list(Export.objects.over(at))
    for export in over:
        cancel_export(export)
    return len(over)


def announce_exports() -> None:
    """Tell a worker that a file is to be written. Who looks at its page tells again: nothing is lost with a message."""
    announce(TASK, key=TASK, queue=QUEUE)


def record_export(resource: str, *, by: models.Model, kind: str, filters: QueryDict, **more: Any) -> None:
    """Note in the audit log who has taken what along."""
    taken = {"format": kind, "filters": {name: filters.getlist(name) for name in filters}, **more}
    with transaction.atomic():
        about = ("export", "", resource)
        record_entry(action=f"{resource}.exported", resource=about, by=by, at=timezone.now(), after=taken)


def file_name(resource: str, kind: str) -> str:
    """What a file is called where it is saved: of which tenant, and of which day."""
    return f"{resource}-{connection.schema_name}-{timezone.now():%Y-%m-%d}.{kind}"

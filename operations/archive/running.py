"""A run over one tenant: archive what is past its time, then delete what verified archives hold."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from django.db import connections, transaction
from django_tenants.utils import get_public_schema_name

from audit.services import record_entry
from compliance.services.forgetting import tell_readers
from core.errors import Conflict
from operations.archive.deleting import delete_batch
from operations.archive.kinds import Kind, horizons_here, kind_named, kinds_here
from operations.archive.parquet import Broken
from operations.archive.writing import archive_day, clear_up, due_days
from operations.models import ArchiveBatch, ArchiveFile, RetentionRun
from tenants.current import connection
from tenants.postgresql_backend.base import DatabaseWrapper

_LOCK = "hashtextextended('forge.archive.' || %s, 0)"
Say = Callable[[str], None]
Stopped = Callable[[], bool]


@dataclass
class Outcome:
    """What a run came to, in rows by table."""

    archived: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    finished: bool = True


def quietly(line: str) -> None:
    """Say nothing."""


def never() -> bool:
    """Go on to the end."""
    return False


@contextmanager
def alone() -> Iterator[None]:
    """Be the only run of the tenant, on a connection of its own: PostgreSQL frees the lock when its process dies.

    Raises:
        Conflict: another run is at work.
    """
    name = connection.schema_name
    own = cast(DatabaseWrapper, connections.create_connection("default"))
    own.set_tenant(connection.tenant)
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})", [name])
            if not cursor.fetchone()[0]:
                raise Conflict("run_at_work", f"Another run of the archive of {name} is at work.")
        try:
            yield
        finally:
            with own.cursor() as cursor:
                # The connection goes back to the pool.
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})", [name])
    finally:
        own.close()


def run_archive(*, at: datetime, window: date | None = None, say: Say = quietly, stopped: Stopped = never) -> Outcome:
    """Write what is past its time into verified files; delete nothing.

    Args:
        window: the day for which beat asks: the run is made once.
        stopped: asked between two pieces of work; the next run goes on.

    Raises:
        Conflict: another run is at work.
    """
    with alone():
        run = _begun(RetentionRun.Task.ARCHIVE, at, window)
        outcome = Outcome()
        if run is not None:
            clear_up()
            _archive(kinds_here(), at, outcome, say, stopped)
            _end(run, outcome, at)
        return outcome


def run_retention(*, at: datetime, window: date | None = None, say: Say = quietly, stopped: Stopped = never) -> Outcome:
    """Delete what is past its time; what no verified file holds yet is archived before.

    What was begun and broke off is finished first.

    Args, raises: as ``run_archive``.
    """
    with alone():
        run = _begun(RetentionRun.Task.RETENTION, at, window)
        outcome = Outcome()
        if run is not None:
            clear_up()
            _delete(at, outcome, say, stopped)
            # One after the other: a kind may become due by what another one has taken away.
            for kind in kinds_here():
                _archive((kind,), at, outcome, say, stopped)
                _delete(at, outcome, say, stopped)
            _end(run, outcome, at)
        return outcome


def forecast(*, at: datetime) -> Counter[str]:
    """How many rows would go now, by table. Deletes nothing."""
    kept = horizons_here(at=at)
    counts: Counter[str] = Counter()
    for kind in kinds_here():
        roots = (kind.foreseen or kind.due)(kept, at).order_by()
        for batch in ArchiveBatch.objects.restored(at).filter(kind=kind.name):
            roots = roots.exclude(kind.on(batch.date), pk__range=(batch.first_key, batch.last_key))
        counts[kind.roots.name] += roots.count()
        for table in kind.tables:
            if table is not kind.roots:
                named = roots.exclude(**{table.root: None}).values(table.root)
                counts[table.name] += table.rows().order_by().filter(**{f"{table.link}__in": named}).count()
    return +counts


def _archive(kinds: tuple[Kind, ...], at: datetime, outcome: Outcome, say: Say, stopped: Stopped) -> None:
    kept = horizons_here(at=at)
    for kind in kinds:
        for day, number in due_days(kind, kept, at):
            if stopped():
                outcome.finished = False
                return
            say(f"{kind.name} of {day}: {number:,} to archive")
            for batch in archive_day(kind, day, kept, at):
                rows = dict(batch.files.filter(state=ArchiveFile.State.KEPT).values_list("table", "rows"))
                outcome.archived.update(rows)
                say(f"{kind.name} of {day}: {_counted(rows)} archived and verified")


def _delete(at: datetime, outcome: Outcome, say: Say, stopped: Stopped) -> None:
    kept = horizons_here(at=at)
    for batch in ArchiveBatch.objects.to_delete(at).exclude(pk__in=outcome.broken):
        try:
            deleted = delete_batch(batch, kind_named(batch.kind), kept, at, stopped=stopped)
        except Broken as error:
            # Its rows stay where they are; the others have their turn.
            outcome.broken.append(str(batch.pk))
            say(f"{batch}: NOT DELETED: {error.message}")
            continue
        if deleted:
            outcome.deleted.update(deleted)
            say(f"{batch}: {_counted(deleted)} deleted")
            if connection.schema_name != get_public_schema_name():
                tell_readers()
        if stopped():
            outcome.finished = False
            return


def _begun(task: RetentionRun.Task, at: datetime, window: date | None) -> RetentionRun | None:
    """The run's row; None where the window's run is over."""
    if window is None:
        return RetentionRun.objects.create(task=task, started_at=at)
    run, _ = RetentionRun.objects.get_or_create(task=task, window=window, defaults={"started_at": at})
    return None if run.finished_at else run


@transaction.atomic
def _end(run: RetentionRun, outcome: Outcome, at: datetime) -> None:
    run.archived = dict(Counter(run.archived) + outcome.archived)
    run.deleted = dict(Counter(run.deleted) + outcome.deleted)
    run.finished_at = at if outcome.finished else None
    run.error = f"{len(outcome.broken)} batches are broken: see `manage.py archive verify`." if outcome.broken else ""
    run.save()
    if outcome.deleted:
        record_entry(action="retention.deleted", resource=run, by=None, at=at, after=dict(outcome.deleted))


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {table}" for table, number in sorted(rows.items()))

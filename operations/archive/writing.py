"""From the database into the archive. Nothing is deleted here."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Length, TruncDate

from compliance.retention import Horizons
from operations.archive.files import noted, remove, write
from operations.archive.kinds import Kind
from operations.archive.reading import read_rows
from operations.models import ArchiveBatch, ArchiveFile

_EMPTIED_BYTES = 32 * 1024 * 1024
"""Of reports in one file, one report more or less."""


def clear_up() -> None:
    """Delete what a run has left behind that was killed while it wrote: nothing has relied on it."""
    unfinished = ArchiveBatch.objects.filter(state=ArchiveBatch.State.WRITING)
    left = Q(batch__in=unfinished) | ~Q(state=ArchiveFile.State.KEPT)
    for file in ArchiveFile.objects.filter(left):
        remove(file)
    unfinished.delete()
    ArchiveBatch.objects.filter(files=None).delete()


def due_days(kind: Kind, kept: Horizons, at: datetime) -> list[tuple[date, int]]:
    """Days from which roots may go, and how many; the oldest first."""
    day = F(kind.ended) if kind.counts_days else TruncDate(kind.ended, tzinfo=UTC)
    days = kind.due(kept, at).order_by().annotate(day=day).values_list("day")
    return list(days.annotate(number=Count("pk")).order_by("day"))


def archive_day(kind: Kind, day: date, kept: Horizons, at: datetime) -> Iterator[ArchiveBatch]:
    """Archive what may go of one day, batch by batch, as far as no other batch holds it."""
    after: UUID | None = None
    while (batch := _archive_next(kind, day, kept, at, after=after)) is not None:
        after = batch.last_key
        yield batch


def _archive_next(kind: Kind, day: date, kept: Horizons, at: datetime, *, after: UUID | None) -> ArchiveBatch | None:
    roots = kind.due_in(kept, at, day=day)
    for first, last in ArchiveBatch.objects.holding(kind.name, day).values_list("first_key", "last_key"):
        roots = roots.exclude(pk__range=(first, last))
    if after is not None:
        roots = roots.filter(pk__gt=after)
    found = read_rows(kind.roots, _as_many(kind, roots))
    return _written(kind, day, found, at) if found.num_rows else None


def _as_many(kind: Kind, roots: QuerySet[Any]) -> QuerySet[Any]:
    """The first of the roots, as many as a file takes."""
    if not kind.roots.emptied:
        return roots[: kind.rows_at_once]
    total, keys = 0, []
    for key, size in roots.values_list("pk", Length(kind.roots.emptied))[: kind.rows_at_once].iterator():
        keys.append(key)
        total += size
        if total >= _EMPTIED_BYTES:
            break
    return roots.filter(pk__in=keys)


def _written(kind: Kind, day: date, roots: pa.Table, at: datetime) -> ArchiveBatch:
    tables = {kind.roots.name: roots}
    for table in kind.tables:
        if table is not kind.roots:
            links = roots.column(table.root).drop_null().to_pylist()
            tables[table.name] = read_rows(table, table.of_roots(links))
    keys = roots.column("id")
    with transaction.atomic():
        batch = ArchiveBatch.objects.create(
            kind=kind.name, date=day, first_key=keys[0].as_py(), last_key=keys[-1].as_py(), written_at=at
        )
        files = noted(batch, {name: rows for name, rows in tables.items() if rows.num_rows}, at=at)
    for file, content in files:
        write(file, content, expected=tables[file.table], at=at)
    with transaction.atomic():
        batch.files.update(state=ArchiveFile.State.KEPT)
        batch.state = ArchiveBatch.State.VERIFIED
        batch.save(update_fields=["state"])
    batch.refresh_from_db()
    return batch

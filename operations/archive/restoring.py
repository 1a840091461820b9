"""Back into the database: into the tenant that the rows were of, and as often as one likes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django_tenants.utils import get_public_schema_name

from audit.services import record_entry
from compliance.services.forgetting import lock_pulls, tell_readers
from operations.archive.inserting import insert_rows
from operations.archive.kinds import Kind, kind_named
from operations.archive.parquet import Broken
from operations.archive.shelf import Shelved, Wanted, opened, shelf
from operations.archive.tables import Table
from operations.models import ArchiveBatch
from tenants.current import connection

_AT_ONCE = 1_000


@dataclass
class Restored:
    """What was put back."""

    rows: Counter[str] = field(default_factory=Counter)
    """By table."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """By table: rows that are there already, or whose place another row has taken."""
    differences: dict[str, str] = field(default_factory=dict)
    """By table: columns that the file or the table has not."""
    broken: dict[str, str] = field(default_factory=dict)
    """By path: files that were not restored, and why."""


def restore(wanted: Wanted, *, at: datetime, say: Callable[[str], None] = lambda line: None) -> Restored:
    """Put rows back that are not there. What is restored is left alone by the retention for a while.

    The caller has the archive to itself (``running.alone``).
    """
    restored = Restored()
    batches: defaultdict[str, list[Shelved]] = defaultdict(list)
    for one in shelf(wanted):
        batches[one.manifest.batch].append(one)
    for files in _parents_first(batches.values()):
        _hold(files, at)
        for one in files:
            _restore_file(one, restored, say)
    if restored.rows:
        _note(restored, at)
    return restored


def _parents_first(batches: Iterable[list[Shelved]]) -> list[list[Shelved]]:
    """Batches in the order of their kinds, and in each the tables that others refer to before them."""
    for files in batches:
        order = [table.name for table in kind_named(files[0].manifest.kind).tables]
        files.sort(key=lambda one: order.index(one.manifest.table))
    first = {"evaluations": 0, "reports": 0}
    return sorted(batches, key=lambda files: (first.get(files[0].manifest.kind, 1), files[0].manifest.batch))


def _hold(files: list[Shelved], at: datetime) -> None:
    """Before the first row is back: whoever dies then has not restored what the next night archives twice."""
    until = at + timedelta(days=settings.ARCHIVE_RESTORED_DAYS)
    known = [one.file.batch_id for one in files if one.file is not None]
    states = [ArchiveBatch.State.SEALED, ArchiveBatch.State.RESTORED]
    ArchiveBatch.objects.filter(pk__in=known, state__in=states).update(
        state=ArchiveBatch.State.RESTORED, restored_until=until
    )


def _restore_file(one: Shelved, restored: Restored, say: Callable[[str], None]) -> None:
    manifest = one.manifest
    try:
        rows = opened(one)
    except Broken as error:
        restored.broken[manifest.path] = error.message
        say(f"{manifest.path}: NOT RESTORED: {error.message}")
        return
    kind = kind_named(manifest.kind)
    table = next(table for table in kind.tables if table.name == manifest.table)
    if difference := _difference(table, rows):
        restored.differences[table.name] = difference
    put_back = sum(_restore_some(kind, table, rows.slice(at, _AT_ONCE)) for at in range(0, rows.num_rows, _AT_ONCE))
    restored.rows[table.name] += put_back
    restored.passed_over[table.name] += rows.num_rows - put_back
    say(f"{manifest.path}: {put_back:,} of {rows.num_rows:,} rows put back")


@transaction.atomic
def _restore_some(kind: Kind, table: Table, rows: pa.Table) -> int:
    if kind.pull and kind.pull in rows.schema.names:
        # As reports do: one that is about to write the same finding must see this row, or be seen.
        lock_pulls({UUID(pull) for pull in rows.column(kind.pull).to_pylist()})
    return insert_rows(table, rows)


def _difference(table: Table, rows: pa.Table) -> str:
    theirs, ours = set(rows.schema.names), set(table.columns)
    parts = [
        f"{what}: {', '.join(sorted(names))}"
        for what, names in (("no longer in the table", theirs - ours), ("not in the file", ours - theirs))
        if names
    ]
    return "; ".join(parts)


@transaction.atomic
def _note(restored: Restored, at: datetime) -> None:
    rows: dict[str, Any] = dict(+restored.rows)
    name = f"archive of {connection.schema_name}"
    if connection.schema_name != get_public_schema_name():
        tell_readers()
    record_entry(action="archive.restored", resource=("archive", "", name), by=None, at=at, after=rows)

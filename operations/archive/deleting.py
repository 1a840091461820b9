"""Out of the database, once the archive holds it. What has changed since stays, and leaves the archive again."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from compliance.retention import Horizons
from compliance.services.forgetting import lock_free_pulls
from operations.archive.comparing import same_rows
from operations.archive.files import noted, read, remove, write
from operations.archive.kinds import Kind
from operations.archive.reading import read_rows
from operations.archive.tables import Table
from operations.models import ArchiveBatch, ArchiveFile

ROOTS_AT_ONCE = 500
"""In one transaction: some tens of milliseconds, for which reports about their pull requests are put back."""
_LOOKED_UP_AT_ONCE = 5_000
_ROUNDS = 3
"""How often rows are tried that somebody holds."""
Tables = Mapping[str, pa.Table]


def delete_batch(
    batch: ArchiveBatch, kind: Kind, kept: Horizons, at: datetime, *, stopped: Callable[[], bool] = lambda: False
) -> Counter[str]:
    """Delete what a batch holds, in small transactions, then seal it. Returns how many rows went, by table.

    Whoever is told to stop leaves the batch as it is; the next run goes on with it.

    Raises:
        Broken: a file is not what was written; nothing of it is deleted.
    """
    tables = {file.table: read(file) for file in batch.files.filter(state=ArchiveFile.State.KEPT)}
    deleted: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        busy = 0
        for start in range(0, tables[kind.roots.name].num_rows, ROOTS_AT_ONCE):
            if stopped():
                return deleted
            busy += _delete_some(kind, tables, tables[kind.roots.name].slice(start, ROOTS_AT_ONCE), kept, at, deleted)
        if not busy:
            break
    _seal(batch, kind, tables, at)
    return deleted


@transaction.atomic
def _delete_some(
    kind: Kind, tables: Tables, roots: pa.Table, kept: Horizons, at: datetime, deleted: Counter[str]
) -> int:
    """Delete what is unchanged of some roots, and what goes with them. Returns how many somebody holds."""
    keys = roots.column("id").to_pylist()
    due = kind.due(kept, at).filter(pk__in=keys)
    if kind.pull:
        free = {str(key) for key in lock_free_pulls({UUID(pull) for pull in roots.column(kind.pull).to_pylist()})}
        due = due.filter(**{f"{kind.pull}__in": free})
    locked = list(due.order_by("pk").select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    going = _unchanged(kind, tables, locked)
    if going.num_rows:
        _delete(kind, going, deleted)
    return kind.due(kept, at).filter(pk__in=keys).exclude(pk__in=locked).count() if len(locked) < len(keys) else 0


def _unchanged(kind: Kind, tables: Tables, locked: list[UUID]) -> pa.Table:
    """Those of the locked roots that the archive holds as they are, with everything that hangs on them."""
    roots = read_rows(kind.roots, kind.roots.rows().filter(pk__in=locked))
    going = _only(roots, "id", same_rows(roots, tables[kind.roots.name]))
    for table in kind.tables:
        if table is kind.roots or not going.num_rows:
            continue
        present = _locked_rows(table, going)
        held = same_rows(present, tables[table.name]) if table.name in tables else set()
        rows = zip(present.column("id").to_pylist(), present.column(table.link).to_pylist(), strict=True)
        changed = {link for key, link in rows if key not in held}
        going = going.filter(pc.invert(pc.is_in(going.column(table.root), pa.array(sorted(changed), pa.string()))))
    return going


def _locked_rows(table: Table, roots: pa.Table) -> pa.Table:
    rows = table.of_roots(roots.column(table.root).drop_null().to_pylist())
    if table.changes:
        list(rows.select_for_update(of=("self",)).values_list("pk"))
    return read_rows(table, rows)


def _delete(kind: Kind, going: pa.Table, deleted: Counter[str]) -> None:
    keys = [UUID(key) for key in going.column("id").to_pylist()]
    if kind.before:
        kind.before(keys)
    for table in reversed(kind.tables):
        rows = keys
        if table is not kind.roots:
            links = going.column(table.root).drop_null().to_pylist()
            rows = list(table.of_roots(links).values_list("pk", flat=True))
        deleted[table.name] += table.remove(rows)
    if kind.closing:
        kind.closing({UUID(pull) for pull in going.column(kind.pull).to_pylist()})


def _only(rows: pa.Table, column: str, wanted: set[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows.column(column), pa.array(sorted(wanted), pa.string())))


def _seal(batch: ArchiveBatch, kind: Kind, tables: Tables, at: datetime) -> None:
    """Let the archive hold nothing that the database holds: what stayed there has the newer version."""
    by_name = {table.name: table for table in kind.tables}
    left = {name: _absent(by_name[name], rows) for name, rows in tables.items()}
    shrunk = [name for name, rows in left.items() if rows.num_rows < tables[name].num_rows]
    files = noted(batch, {name: left[name] for name in shrunk if left[name].num_rows}, at=at)
    for file, content in files:
        write(file, content, expected=left[file.table], at=at)
    with transaction.atomic():
        batch.files.filter(state=ArchiveFile.State.KEPT, table__in=shrunk).update(state=ArchiveFile.State.REPLACED)
        batch.files.filter(pk__in=[file.pk for file, _ in files]).update(state=ArchiveFile.State.KEPT)
        batch.state, batch.sealed_at, batch.restored_until = ArchiveBatch.State.SEALED, at, None
        batch.save(update_fields=["state", "sealed_at", "restored_until"])
    for file in batch.files.filter(state=ArchiveFile.State.REPLACED):
        remove(file)
    if not batch.files.exists():
        batch.delete()


def _absent(table: Table, rows: pa.Table) -> pa.Table:
    """Those of the rows that are not in the database."""
    keys: list[Any] = rows.column("id").to_pylist()
    present: set[str] = set()
    for start in range(0, len(keys), _LOOKED_UP_AT_ONCE):
        found = table.rows().filter(pk__in=keys[start : start + _LOOKED_UP_AT_ONCE])
        present.update(str(key) for key in found.order_by().values_list("pk", flat=True))
    return (
        rows.filter(pc.invert(pc.is_in(rows.column("id"), pa.array(sorted(present), pa.string())))) if present else rows
    )

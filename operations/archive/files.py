"""Files of the archive: noted, written, read back, and only then believed."""

from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa

from accounts.binding import tenant_id
from core.ids import new_id
from operations.archive.parquet import Manifest, checked, digest, encoded, ends, types
from operations.archive.places import discard, fetch, manifest_path, path_of, store
from operations.models import ArchiveBatch, ArchiveFile
from tenants.current import connection


def noted(batch: ArchiveBatch, tables: Mapping[str, pa.Table], *, at: datetime) -> list[tuple[ArchiveFile, bytes]]:
    """Rows for files that are about to be written, and their bytes. Whoever dies from here on leaves none unknown."""
    files = []
    for name, rows in tables.items():
        content = encoded(rows)
        first, last = ends(rows)
        key = new_id()
        path = path_of(tenant=connection.schema_name, table=name, day=batch.date, name=str(key))
        file = ArchiveFile(
            id=key,
            batch=batch,
            table=name,
            date=batch.date,
            path=path,
            rows=rows.num_rows,
            size=len(content),
            sha256=digest(content),
            columns=types(rows),
            first_key=first,
            last_key=last,
            written_at=at,
        )
        files.append((file, content))
    ArchiveFile.objects.bulk_create([file for file, _ in files])
    return files


def write(file: ArchiveFile, content: bytes, *, expected: pa.Table, at: datetime) -> None:
    """Write a file, read it back and hold it against what it was made of, then write its manifest.

    Raises:
        Broken: what came back is something else.
    """
    store(file.path, content)
    # To the last value: from here on nothing else may hold these rows.
    if not read(file).equals(expected):
        raise AssertionError(f"{file.path}: Parquet has changed a value.")  # pragma: no cover
    store(manifest_path(file.path), manifest_of(file).packed())
    Manifest.unpacked(fetch(manifest_path(file.path)))
    file.verified_at = at
    file.save(update_fields=["verified_at"])


def read(file: ArchiveFile) -> pa.Table:
    """The rows of a file.

    Raises:
        Broken: it is not what was written.
    """
    content = fetch(file.path)
    return checked(content, sha256=file.sha256, rows=file.rows, first_key=file.first_key, last_key=file.last_key)


def manifest_of(file: ArchiveFile) -> Manifest:
    """What is kept beside a file, for who has the storage alone."""
    day: date = file.date
    return Manifest(
        tenant=connection.schema_name,
        tenant_id=tenant_id(),
        table=file.table,
        date=day,
        path=file.path,
        rows=file.rows,
        size=file.size,
        sha256=file.sha256,
        schema=file.columns,
        first_key=file.first_key,
        last_key=file.last_key,
        kind=file.batch.kind,
        batch=str(file.batch_id),
        written_at=file.written_at.isoformat(),
    )


def remove(file: ArchiveFile) -> None:
    """Delete a file, then its row."""
    discard(file.path)
    file.delete()

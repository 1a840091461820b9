"""What stands in the archive: the files that the database knows of, and those that only the storage does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from accounts.binding import tenant_id
from operations.archive.files import manifest_of
from operations.archive.parquet import Broken, Manifest, checked
from operations.archive.places import fetch, manifest_path, manifests_of
from operations.models import ArchiveBatch, ArchiveFile
from tenants.current import connection


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files: None means all."""

    tables: Sequence[str] | None = None
    first: date | None = None
    last: date | None = None

    def fits(self, table: str, day: date) -> bool:
        """Whether a file is among them."""
        return (
            (self.tables is None or table in self.tables)
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True, slots=True)
class Shelved:
    """One file."""

    manifest: Manifest
    file: ArchiveFile | None
    """None: the database does not know of it. It was set back, or is a new one."""

    @property
    def state(self) -> str:
        """Whether it was verified, in a word or two."""
        if self.file is None:
            return "unknown to the database"
        if self.file.flaw:
            return "BROKEN"
        restored = self.file.batch.state == ArchiveBatch.State.RESTORED
        return "verified, restored" if restored else "verified"


def shelf(wanted: Wanted) -> Iterator[Shelved]:
    """Files of the current tenant, by day and table.

    Raises:
        Broken: a manifest cannot be read.
    """
    known = ArchiveFile.objects.filter(state=ArchiveFile.State.KEPT, verified_at__isnull=False).select_related("batch")
    paths = set()
    for file in known.order_by("date", "table", "pk").iterator():
        paths.add(file.path)
        if wanted.fits(file.table, file.date):
            yield Shelved(manifest_of(file), file)
    noted = set(ArchiveFile.objects.values_list("path", flat=True))
    for path in manifests_of(connection.schema_name):
        if path not in noted:
            manifest = Manifest.unpacked(fetch(manifest_path(path)))
            if wanted.fits(manifest.table, manifest.date):
                yield Shelved(manifest, None)


def opened(shelved: Shelved) -> pa.Table:
    """The rows of a file, after everything that can be checked about it has been.

    Raises:
        Broken: it is not there, not what was written, or another tenant's that had the same name.
    """
    known = shelved.manifest
    stored = Manifest.unpacked(fetch(manifest_path(known.path)))
    if stored.tenant_id != tenant_id():
        raise Broken("another_tenant", "It belongs to another tenant, which had the same name.")
    if (stored.sha256, stored.rows, stored.table, stored.date) != (known.sha256, known.rows, known.table, known.date):
        raise Broken("manifest_differs", "Its manifest says something else than the database.")
    content = fetch(known.path)
    return checked(content, sha256=known.sha256, rows=known.rows, first_key=known.first_key, last_key=known.last_key)


def verify(shelved: Shelved, *, at: datetime) -> str:
    """Read a file anew and note what was found. Returns the flaw, or nothing."""
    try:
        opened(shelved)
        flaw = ""
    except Broken as error:
        flaw = error.message
    if shelved.file is not None:
        shelved.file.flaw = flaw
        if not flaw:
            shelved.file.verified_at = at
        shelved.file.save(update_fields=["flaw", "verified_at"])
    return flaw

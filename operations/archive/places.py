"""Where the archive lies: ``tenant=…/table=…/date=…`` in the storage that ``STORAGES["archive"]`` names."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from operations.archive.parquet import Broken

ALIAS = "archive"
_FILE, _MANIFEST = ".parquet", ".manifest.json"


class ArchiveFolder(FileSystemStorage):
    """A folder whose files nobody else reads.

    Args:
        flush: whether a file is on the disk, not only in memory, once it is saved: rows are deleted because of it.
    """

    def __init__(self, *, flush: bool = True, **options: Any) -> None:
        super().__init__(**{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **options})
        self._flush = flush

    def _save(self, name: str, content: Any) -> str:
        folder = Path(self.path(name)).parent
        # A new entry is on the disk with its folder: so each folder that gets one.
        new = [one for one in (folder, *folder.parents) if not one.exists()]
        saved: str = super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out
        if self._flush:
            for one in (Path(self.path(saved)), folder, *(one.parent for one in new)):
                _flush(one)
        return saved


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def archive_storage() -> Storage:
    """The storage."""
    return storages[ALIAS]


def path_of(*, tenant: str, table: str, day: date, name: str) -> str:
    """Where a file lies."""
    return f"tenant={tenant}/table={table}/date={day.isoformat()}/{name}{_FILE}"


def manifest_path(path: str) -> str:
    """Where its manifest lies. Readers of whole folders pass over names that begin so."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/_{name.removesuffix(_FILE)}{_MANIFEST}"


def store(path: str, content: bytes) -> None:
    """Write a file under exactly this name.

    Raises:
        Broken: the storage has given it another one.
    """
    saved = archive_storage().save(path, ContentFile(content))
    if saved != path:
        raise Broken("name_taken", f"{path} was there already; the storage wrote {saved}.")


def fetch(path: str) -> bytes:
    """Read a file back.

    Raises:
        Broken: it is not there, or the storage cannot read it.
    """
    try:
        with archive_storage().open(path, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise Broken("missing", "It is not there.") from error


def discard(path: str) -> None:
    """Delete a file and its manifest, where they are there."""
    for one in (manifest_path(path), path):
        archive_storage().delete(one)


def manifests_of(tenant: str) -> Iterator[str]:
    """The paths of all files of a tenant that have a manifest."""
    root = f"tenant={tenant}"
    for table in _folders(root):
        for day in _folders(f"{root}/{table}"):
            folder = f"{root}/{table}/{day}"
            for name in sorted(archive_storage().listdir(folder)[1]):
                if name.startswith("_") and name.endswith(_MANIFEST):
                    yield f"{folder}/{name[1:].removesuffix(_MANIFEST)}{_FILE}"


def tenants_with_files() -> list[str]:
    """Names of tenants that have files, whether or not they are still there."""
    return [name.removeprefix("tenant=") for name in _folders("") if name.startswith("tenant=")]


def _folders(path: str) -> list[str]:
    try:
        return sorted(name for name in archive_storage().listdir(path)[0] if name)
    except FileNotFoundError:
        return []

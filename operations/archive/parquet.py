"""One file of the archive: Parquet with zstd, and what its manifest says of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from io import BytesIO
from typing import Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DomainError

_LEVEL = 3
FORMAT = 1
"""Of the manifest."""


class Broken(DomainError):
    """A file is not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a file, and kept beside it."""

    tenant: str
    """The schema's name."""
    tenant_id: str
    """Never used again, unlike the name."""
    table: str
    date: date
    path: str
    rows: int
    size: int
    """Bytes."""
    sha256: str
    schema: Mapping[str, str]
    """Column → type."""
    first_key: str
    last_key: str
    kind: str
    batch: str
    written_at: str
    format: int = field(default=FORMAT)

    def packed(self) -> bytes:
        """As it is stored."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def unpacked(cls, content: bytes) -> Self:
        """The manifest of these bytes.

        Raises:
            Broken: they are none.
        """
        try:
            values = orjson.loads(content)
            return cls(**values | {"date": date.fromisoformat(values["date"])})
        except (ValueError, TypeError, KeyError) as error:
            raise Broken("broken_manifest", f"The manifest cannot be read: {error}") from error


def encoded(rows: pa.Table) -> bytes:
    """The file."""
    sink = BytesIO()
    pq.write_table(rows, sink, compression="zstd", compression_level=_LEVEL, row_group_size=65_536)
    return sink.getvalue()


def decoded(content: bytes) -> pa.Table:
    """What is in a file.

    Raises:
        Broken: it cannot be read.
    """
    try:
        return pq.read_table(BytesIO(content))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Broken("broken_file", f"It is no Parquet file that can be read: {error}") from error


def checked(content: bytes, *, sha256: str, rows: int, first_key: str, last_key: str) -> pa.Table:
    """What is in a file that was read back.

    Raises:
        Broken: these are not the bytes that were written, or not as many rows, or others.
    """
    found = digest(content)
    if found != sha256:
        raise Broken("hash_differs", f"Its SHA-256 is {found}, not {sha256}.")
    table = decoded(content)
    if (table.num_rows, *ends(table)) != (rows, first_key, last_key):
        raise Broken("rows_differ", f"It holds {table.num_rows} rows, not {rows}, or other ones.")
    return table


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def ends(rows: pa.Table) -> tuple[str, str]:
    """The first and the last key."""
    keys = rows.column("id")
    return (str(keys[0].as_py()), str(keys[-1].as_py())) if rows.num_rows else ("", "")


def types(rows: pa.Table) -> dict[str, str]:
    """Columns and their types, as a manifest names them."""
    return {one.name: str(one.type) for one in rows.schema}

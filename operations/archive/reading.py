"""From the database into Arrow: COPY writes CSV, Arrow reads it, and Python touches no single value of most columns."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.csv
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from operations.archive.tables import Table
from tenants.current import connection

_AT_ONCE_BYTES = 8 * 1024 * 1024


def read_rows(table: Table, rows: QuerySet[Any]) -> pa.Table:
    """Rows of a table, in the order of the query."""
    try:
        text, values = table.selected(rows).query.sql_with_params()
    except EmptyResultSet:
        return table.schema.empty_table()
    # Django enters the tenant with each cursor; what COPY is told to select is Django's own SQL.
    with connection.cursor() as cursor, cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)", values) as copy:
        parts = [_parsed(table, piece) for piece in _pieces(copy)]
    return pa.concat_tables(parts) if parts else table.schema.empty_table()


def _pieces(copy: Any) -> Iterator[bytes]:
    """Whole rows, several megabytes at a time."""
    rows: list[bytes] = []
    size = 0
    for row in copy:
        rows.append(bytes(row))
        size += len(row)
        if size >= _AT_ONCE_BYTES:
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _parsed(table: Table, text: bytes) -> pa.Table:
    schema = table.schema
    converted = {one.name: one.type for one in schema if _is_read_by_arrow(one.type)}
    converted |= {one.name: pa.string() for one in schema if one.name not in converted}
    read = pa.csv.read_csv(
        BytesIO(text),
        # One block: rows may be as long as a report.
        read_options=pa.csv.ReadOptions(column_names=schema.names, block_size=len(text) + 1),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=converted,
            # An unquoted nothing is NULL, a quoted one is an empty text: so COPY writes them.
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    columns = [_converted(read.column(one.name), one.type) for one in schema]
    return pa.table(columns, schema=schema)


def _is_read_by_arrow(kind: pa.DataType) -> bool:
    return not (pa.types.is_binary(kind) or pa.types.is_list(kind))


def _converted(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_binary(kind):
        # \x, then hexadecimal digits
        return pa.array([None if v is None else bytes.fromhex(v[2:]) for v in column.to_pylist()], kind)
    if pa.types.is_list(kind):
        return pa.array([None if v is None else orjson.loads(v) for v in column.to_pylist()], kind)
    return column

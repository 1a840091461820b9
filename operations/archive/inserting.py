"""Rows of a file into their table, passing over what is there already."""

from typing import Any

import orjson
import pyarrow as pa
from psycopg import sql

from operations.archive.tables import Table
from tenants.current import connection


def insert_rows(table: Table, rows: pa.Table) -> int:
    """Insert rows; one that is there already, or whose place is taken, is passed over. Returns how many went in.

    A row that refers to something which is gone goes in without the reference where it may be empty, and stays out
    where it may not.
    """
    if not rows.num_rows:
        return 0
    return _refill(table, rows) if table.emptied else _insert(table, rows)


def _insert(table: Table, rows: pa.Table) -> int:
    fields: list[Any] = list(table.model._meta.concrete_fields)
    archived = [one for one in fields if one.attname in rows.schema.names]
    given = [one for one in fields if one not in archived]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM unnest({arrays}) AS r({names}) {conditions} "
        "ON CONFLICT DO NOTHING"
    ).format(
        table=sql.Identifier(table.model._meta.db_table),
        columns=_joined([sql.Identifier(one.column) for one in (*archived, *given)]),
        values=_joined([*(_value(one) for one in archived), *(sql.Placeholder() for _ in given)]),
        arrays=_joined([sql.SQL("%s::text[]") for _ in archived]),
        names=_joined([sql.Identifier(one.column) for one in archived]),
        conditions=_conditions(archived),
    )
    texts = [_texts(rows.column(one.attname)) for one in archived]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(_default(one) for one in given), *texts])
        return int(cursor.rowcount)


def _refill(table: Table, rows: pa.Table) -> int:
    emptied: Any = table.model._meta.get_field(table.emptied)
    column = emptied.column
    statement = sql.SQL(
        "UPDATE {table} AS t SET {column} = r.value::bytea FROM unnest(%s::text[], %s::text[]) AS r(id, value) "
        "WHERE t.id = r.id::uuid AND t.{column} = ''"
    ).format(table=sql.Identifier(table.model._meta.db_table), column=sql.Identifier(column))
    with connection.cursor() as cursor:
        cursor.execute(statement, [_texts(rows.column("id")), _texts(rows.column(table.emptied))])
        return int(cursor.rowcount)


def _value(one: Any) -> sql.Composable:
    cast = sql.SQL("r.{}::" + str(one.db_type(connection)).removesuffix(" CHECK")).format(sql.Identifier(one.column))
    if not (one.is_relation and one.null and one.db_constraint):
        return cast
    return sql.SQL("CASE WHEN {} THEN {} END").format(_exists(one), cast)


def _conditions(archived: list[Any]) -> sql.Composable:
    """What must be there: references that may not be empty, also those that no constraint holds."""
    needed = [_exists(one) for one in archived if one.is_relation and not one.null]
    return sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(needed)) if needed else sql.SQL("")


def _exists(one: Any) -> sql.Composable:
    target: Any = one.target_field
    return sql.SQL("EXISTS (SELECT 1 FROM {table} AS o WHERE o.{key} = r.{column}::{kind})").format(
        table=sql.Identifier(target.model._meta.db_table),
        key=sql.Identifier(target.column),
        column=sql.Identifier(one.column),
        kind=sql.SQL(str(one.db_type(connection))),
    )


def _default(one: Any) -> Any:
    """What a column holds that the file does not know."""
    return one.get_db_prep_save(one.get_default(), connection)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    """Values as PostgreSQL reads them."""
    return [None if value is None else _text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, list):
        # Its quoting is JSON's, its brackets are not; nothing that we keep in lists is NULL.
        return "{" + ",".join(orjson.dumps(str(one)).decode() for one in value) + "}"
    return str(value)


def _joined(parts: list[Any]) -> sql.Composed:
    joined: sql.Composed = sql.SQL(", ").join(parts)
    return joined

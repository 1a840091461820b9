"""Which tables a statement would read from end to end."""

import json
from collections.abc import Iterator
from typing import Any

from tenants.current import connection


def scanned_tables(statement: str) -> set[str]:
    """The tables that its plan reads sequentially; of a statement that only reads."""
    sql = statement.split("; SET ROLE")[0]
    if not sql.lstrip().upper().startswith(("SELECT", "WITH", "(SELECT")):
        return set()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"), None)
        (plan,) = cursor.fetchone()
    document = json.loads(plan) if isinstance(plan, str) else plan
    return {str(node["Relation Name"]) for node in _nodes(document[0]["Plan"]) if node["Node Type"] == "Seq Scan"}


def large_tables(rows: int = 20_000) -> set[str]:
    """The tenant's tables with more rows than that, as far as the statistics know."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s "
            "AND relnamespace = current_schema()::regnamespace",
            [rows],
        )
        return {name for (name,) in cursor.fetchall()}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)

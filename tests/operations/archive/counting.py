"""Rows in the database and rows in the archive, by key; the archive as DuckDB reads it."""

from pathlib import Path
from typing import Any

import duckdb

from compliance.models import Check, Evaluation, Submission, Transition, Violation

TABLES: dict[str, Any] = {
    "violations": Violation,
    "transitions": Transition,
    "evaluations": Evaluation,
    "checks": Check,
    "submissions": Submission,
}


def in_database() -> dict[str, list[str]]:
    """Keys by table."""
    return {
        name: sorted(str(key) for key in model.objects.values_list("pk", flat=True)) for name, model in TABLES.items()
    }


def in_archive(folder: Path, table: str, *, tenant: str = "acme") -> list[str]:
    """Keys of a table in all its files."""
    pattern = f"tenant={tenant}/table={table}/date=*/*.parquet"
    if not list(folder.glob(pattern)):
        return []
    return [key for (key,) in asked(f"SELECT id FROM read_parquet('{folder}/{pattern}')")]


def asked(query: str) -> list[Any]:
    """What DuckDB answers."""
    return duckdb.connect().execute(query).fetchall()


def everything(folder: Path) -> dict[str, list[str]]:
    """Keys by table, of both; what is in both stands twice."""
    return {name: sorted([*keys, *in_archive(folder, name)]) for name, keys in in_database().items()}

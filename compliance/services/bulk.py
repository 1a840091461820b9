"""Writing thousands of violations in a few statements: COPY what is new, UPDATE what changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

from compliance.choices import Status
from compliance.models import Transition, Violation
from compliance.readings import Finding
from compliance.reconcile import Row
from core.ids import new_id

_ROW_COLUMNS = [
    Violation._meta.get_field(name).column
    for name in (
        "id", "fingerprint", "status", "resolution", "rule", "package", "severity", "file_path", "line", "message",
        "context", "override_until", "override_severity",
    )
]  # fmt: skip


def read_rows(pull_request: UUID, source: str, fingerprints: Sequence[UUID]) -> list[Row]:
    """The live violations of a pull request and source, and the resolved ones with one of these fingerprints."""
    table = _table(Violation)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(_ROW_COLUMNS)} FROM {table} WHERE pull_request_id = %s AND source = %s "  # noqa: S608
            "AND (resolved_at IS NULL OR fingerprint = ANY(%s))",
            [pull_request, source, list(fingerprints)],
        )
        return [Row(*_with_context(row)) for row in cursor.fetchall()]


def copy_violations(findings: Sequence[Finding], **shared: Any) -> list[UUID]:
    """Insert one open violation per finding; returns their ids, in the findings' order.

    Args:
        shared: column names and values that are the same in every row.
    """
    ids = [new_id() for _ in findings]
    columns = ["id", "fingerprint", "rule_id", "severity", "package", "file_path", "line", "message", "context", *shared]
    same = tuple(shared.values())
    rows = (
        (key, f.fingerprint, f.rule, f.severity, f.package, f.file_path, f.line, f.message, _json(f.context), *same)
        for key, f in zip(ids, findings, strict=True)
    )
    _copy(Violation, columns, rows)
    return ids


def copy_transitions(
    changes: Iterable[tuple[UUID, str, str, str]], *, at: datetime, evaluation: UUID | None
) -> None:
    """Insert one transition per ``(violation, from, to, cause)``."""
    columns = ["id", "violation_id", "from_status", "to_status", "cause", "at", "evaluation_id"]
    _copy(Transition, columns, ((new_id(), *change, at, evaluation) for change in changes))


def update_seen_again(pairs: Sequence[tuple[Row, Finding, str]], *, at: datetime, commit_sha: str | None = None) -> None:
    """Write what a report now says of known violations, and the status that it leaves them in.

    Args:
        pairs: the stored row, the finding, and the new status.
        commit_sha: given for violations that were gone and are back.
    """
    if not pairs:
        return
    columns: list[list[Any]] = [
        [row.id for row, _, _ in pairs],
        [finding.severity for _, finding, _ in pairs],
        [finding.file_path for _, finding, _ in pairs],
        [finding.line for _, finding, _ in pairs],
        [finding.message for _, finding, _ in pairs],
        [_json(finding.context) for _, finding, _ in pairs],
        [status for _, _, status in pairs],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(Violation)} AS v SET severity = n.severity, file_path = n.file_path, line = n.line, "  # noqa: S608
            "message = n.message, context = n.context, status = n.status, resolution = '', resolved_at = NULL, "
            "resolved_by = '', last_seen = %s, commit_sha = coalesce(%s, v.commit_sha) "
            "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[], %s::jsonb[], %s::text[]) "
            "AS n(id, severity, file_path, line, message, context, status) WHERE v.id = n.id",
            [at, commit_sha, *columns],
        )


def update_resolved(ids: Sequence[UUID], *, resolution: str, at: datetime, by: str) -> None:
    """Resolve these violations. Their ``last_seen`` becomes what their rule's state knew of them."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(Violation)} AS v SET status = %s, resolution = %s, resolved_at = %s, resolved_by = %s, "  # noqa: S608
            "last_seen = greatest(v.last_seen, (SELECT s.last_seen FROM compliance_rulestate s "
            "WHERE s.pull_request_id = v.pull_request_id AND s.source = v.source AND s.package = v.package "
            "AND s.rule_id = v.rule_id)) WHERE v.id = ANY(%s)",
            [Status.RESOLVED, resolution, at, by, list(ids)],
        )


def _with_context(row: tuple[Any, ...]) -> tuple[Any, ...]:
    context = row[10]
    return (*row[:10], orjson.loads(context) if isinstance(context, str | bytes) else context, *row[11:])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode() if value else "{}"


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {_table(model)} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)

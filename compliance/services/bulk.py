"""Writing thousands of violations in a few statements: COPY what is new, UPDATE what changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from compliance.choices import Status
from compliance.readings import Finding
from compliance.reconcile import Row
from compliance.trends import COLUMNS, Figures
from core.ids import new_ids

_ROW_COLUMNS = (
    "id::text, replace(fingerprint::text, '-', ''), status, resolution, rule_id, package, severity, file_path, line, "
    "message, context, override_until, override_severity"
)
_CONTEXT = Row._fields.index("context")
_ROWS = f"SELECT {_ROW_COLUMNS} FROM compliance_violation WHERE pull_request_id = %s AND source = %s"  # noqa: S608
Change = tuple[UUID | str, str, str, str]
"""Violation, status before, status after, cause."""
_NULL = "\\N"
_LINES_AT_ONCE = 500


def read_rows(pull_request: UUID, source: str, fingerprints: Sequence[str]) -> list[Row]:
    """The live violations of a pull request and source, and the resolved ones with one of these fingerprints."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROWS} AND resolved_at IS NULL", [pull_request, source])
        live = [_row(row) for row in cursor.fetchall()]
        unknown = set(fingerprints).difference(row.fingerprint for row in live)
        if not unknown:
            return live
        # One text is written and read in a fraction of the time of ten thousand UUIDs.
        wanted = "{" + ",".join(unknown) + "}"
        cursor.execute(
            f"{_ROWS} AND resolved_at IS NOT NULL AND fingerprint = ANY(%s::uuid[])", [pull_request, source, wanted]
        )
        return live + [_row(row) for row in cursor.fetchall()]


def copy_violations(findings: Sequence[Finding], *, at: datetime, **shared: str | datetime | UUID | int) -> list[str]:
    """Insert one open violation per finding; returns their ids, in the findings' order.

    Args:
        at: when they are first seen. Their keys are of that moment, so that a span of time is a span of keys.
        shared: column names and values that are the same in every row.
    """
    shared |= {"first_seen": at, "last_seen": at}
    columns = ["id", "fingerprint", "rule_id", "severity", "package", "file_path", "line", "message", "context"]
    same = "\t".join(_escaped(str(value)) for value in shared.values())
    ids = new_ids(len(findings), at=at)
    lines = (
        f"{key}\t{f.fingerprint}\t{_escaped(f.rule)}\t{f.severity}\t{_escaped(f.package)}\t{_escaped(f.file_path)}\t"
        f"{_NULL if f.line is None else f.line}\t{_escaped(f.message)}\t{_escaped(_json(f.context))}\t{same}\n"
        for key, f in zip(ids, findings, strict=True)
    )
    if findings:
        _copy("compliance_violation", [*columns, *shared], lines)
    return ids


def copy_transitions(changes: Sequence[Change], *, at: datetime, evaluation: UUID | None) -> None:
    """Insert one transition per ``(violation, from, to, cause)``."""
    columns = ["id", "violation_id", "from_status", "to_status", "cause", "at", "evaluation_id"]
    same = f"{at}\t{evaluation or _NULL}"
    lines = (
        f"{key}\t{violation}\t{before}\t{after}\t{cause}\t{same}\n"
        for key, (violation, before, after, cause) in zip(new_ids(len(changes), at=at), changes, strict=True)
    )
    if changes:
        _copy("compliance_transition", columns, lines)


def copy_trends(day: date, counted: Mapping[Any, Figures], *, at: datetime) -> None:
    """Insert a day of which nothing is stored: figures by repository and rule, None for all of them."""
    if not counted:
        return
    same = f"{day}\t{at}\n"
    lines = (
        "\t".join((key, *map(_value, place), *(_value(getattr(figures, name)) for name in COLUMNS), same))
        for key, (place, figures) in zip(new_ids(len(counted), at=at), counted.items(), strict=True)
    )
    _copy("compliance_trend", ["id", "repository_id", "rule_id", *COLUMNS, "date", "built_at"], lines)


def _value(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return _json(value) if isinstance(value, Mapping) else str(value)


def update_seen_again(
    pairs: Sequence[tuple[Row, Finding, str]], *, at: datetime, commit_sha: str | None = None
) -> None:
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
            "UPDATE compliance_violation AS v SET severity = n.severity, file_path = n.file_path, line = n.line, "
            "message = n.message, context = n.context, status = n.status, resolution = '', resolved_at = NULL, "
            "resolved_by = '', last_seen = %s, commit_sha = coalesce(%s, v.commit_sha) "
            "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[], %s::jsonb[], %s::text[]) "
            "AS n(id, severity, file_path, line, message, context, status) WHERE v.id = n.id",
            [at, commit_sha, *columns],
        )


def update_resolved(ids: Sequence[UUID | str], *, resolution: str, at: datetime, by: str) -> None:
    """Resolve these violations. Their ``last_seen`` becomes what their rule's state knew of them."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compliance_violation AS v SET status = %s, resolution = %s, resolved_at = %s, resolved_by = %s, "
            "last_seen = greatest(v.last_seen, (SELECT s.last_seen FROM compliance_rulestate s "
            "WHERE s.pull_request_id = v.pull_request_id AND s.source = v.source AND s.package = v.package "
            "AND s.rule_id = v.rule_id)) WHERE v.id = ANY(%s::uuid[])",
            [Status.RESOLVED, resolution, at, by, [str(key) for key in ids]],
        )


def update_covers(covers: Sequence[tuple[UUID, datetime | None, str, str, str, str]]) -> None:
    """Write ``(violation, until, severity that was seen, reason, approver, status)``; None and empty end a cover."""
    if not covers:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compliance_violation AS v SET override_until = n.until, override_severity = n.severity, "
            "override_reason = n.reason, override_approved_by = n.approver, status = n.status "
            "FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[]) "
            "AS n(id, until, severity, reason, approver, status) WHERE v.id = n.id",
            [list(column) for column in zip(*covers, strict=True)],
        )


def _row(row: tuple[Any, ...]) -> Row:
    context = row[_CONTEXT]
    return Row._make((*row[:_CONTEXT], {} if context == "{}" else orjson.loads(context), *row[_CONTEXT + 1 :]))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode() if value else "{}"


def _escaped(text: str) -> str:
    """As COPY's text format wants it. Most texts hold nothing to escape, and looking is cheaper than replacing."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


def _copy(table: str, columns: Sequence[str], lines: Iterator[str]) -> None:
    """Send lines as they are made, so that the server writes the first while we make the next."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        while some := "".join(islice(lines, _LINES_AT_ONCE)):
            copy.write(some)

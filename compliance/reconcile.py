"""What a report changes among the violations that are known of its pull request and source. Pure.

Rows are the past, findings the present, the coverage says how far the report's silence reaches. The caller
holds the pull request's lock, and has sorted out reports that change nothing (late, superseded, closed).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from compliance.choices import Resolution, Scope, Severity, Status
from compliance.readings import Finding

# Looking up a member of an enum costs more than the comparison it is for; the loop below runs 25,000 times.
_OPEN, _OVERRIDDEN, _RESOLVED = Status.OPEN, Status.OVERRIDDEN, Status.RESOLVED
_FALSE_POSITIVE = Resolution.FALSE_POSITIVE
_RANK = {severity.value: severity.rank for severity in Severity}


class Row(NamedTuple):
    """A stored violation of one pull request and source: a live one, or one that may return."""

    id: str
    fingerprint: str
    status: str
    resolution: str
    """Empty while not resolved."""
    rule: str
    package: str
    severity: str
    file_path: str
    line: int | None
    message: str
    context: Mapping[str, Any]
    override_until: datetime | None
    """None when never covered."""
    override_severity: str
    """What the approver saw; empty when never covered."""


class Coverage(NamedTuple):
    """What a report speaks about, and so what its silence means.

    ``rules`` are compared with the rows' rules, so they are ids of the catalogue: who lists a rule that the
    catalogue does not know lists ``UNATTRIBUTED``, as its findings do. That then speaks about every unattributed
    row of the source (a source is one pack of rules); a report that lists only known rules leaves them alone.
    Rows of OPA and Conftest, unattributed ones too, go by ``packages``.
    """

    packages: frozenset[str]
    rules: frozenset[str]
    scope: str
    changed_files: frozenset[str]

    def speaks_about(self, row: Row) -> bool:
        """Whether ``row`` would be among the findings if it were still there."""
        if row.package not in self.packages and row.rule not in self.rules:
            return False
        return self.scope != Scope.DIFF or row.file_path in self.changed_files


NOTHING = Coverage(packages=frozenset(), rules=frozenset(), scope=Scope.FULL, changed_files=frozenset())
"""Silence means nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write. Rows of ``changed`` and ``reopened`` take their status from ``status_when_live``."""

    new: list[Finding] = field(default_factory=list)
    changed: list[tuple[Row, Finding]] = field(default_factory=list)
    """Live, seen again, and something that is stored differs, or cover came or went."""
    reopened: list[tuple[Row, Finding]] = field(default_factory=list)
    """Was fixed, or gone with the pull request, and is back; or was a false positive and has grown graver."""
    resolved: list[Row] = field(default_factory=list)
    """Spoken about and absent: fixed."""
    seen: int = 0
    """Live rows that were seen again, changed or not."""
    false_positives: int = 0
    """Seen again, and still nothing but false positives."""


def reconcile(
    rows: Iterable[Row],
    findings: Sequence[Finding],
    *,
    coverage: Coverage,
    seen_in_run: Collection[str] = (),
    at: datetime,
) -> Plan:
    """Compare what is stored with what a report found.

    Args:
        rows: of one pull request and source, unique by fingerprint: all live ones, and of the resolved ones at
            least those whose fingerprint is among the findings.
        findings: of the report.
        coverage: what the report speaks about.
        seen_in_run: fingerprints that other reports of the same run saw; a set, when there are many.
        at: when cover is looked at.
    """
    claims = _by_fingerprint(findings)
    changed: list[tuple[Row, Finding]] = []
    reopened: list[tuple[Row, Finding]] = []
    resolved: list[Row] = []
    seen = false_positives = 0
    for row in rows:
        finding = claims.pop(row.fingerprint, None)
        if row.status == _RESOLVED:
            if finding is not None and still_false(row, finding.severity):
                false_positives += 1
            elif finding is not None:
                reopened.append((row, finding))
        elif finding is not None:
            seen += 1
            if _differs(row, finding, at):
                changed.append((row, finding))
        elif coverage.speaks_about(row) and row.fingerprint not in seen_in_run:
            resolved.append(row)
    return Plan(list(claims.values()), changed, reopened, resolved, seen, false_positives)


def worse(rows: Iterable[Row], findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are new, back, or graver than what lives: all that a report may say that is not trusted."""
    live = {row.fingerprint: _RANK[row.severity] for row in rows if row.status != _RESOLVED}
    mildest = max(_RANK.values()) + 1
    return [finding for finding in findings if _RANK[finding.severity] < live.get(finding.fingerprint, mildest)]


def covered(severity: str, *, override_until: datetime | None, override_severity: str, at: datetime) -> bool:
    """Whether an approval still excuses a violation: unexpired, and it has not grown graver than approved."""
    if override_until is None or not override_severity or at >= override_until:
        return False
    return _RANK[severity] >= _RANK[override_severity]


def still_false(row: Row, severity: str) -> bool:
    """Whether ``row``, found again with ``severity``, stays a false positive: it is no graver than who approved saw."""
    return row.resolution == _FALSE_POSITIVE and _RANK[severity] >= _RANK[row.severity]


def status_when_live(row: Row, severity: str, at: datetime) -> Status:
    """The status of ``row``, live with ``severity``: OVERRIDDEN while its cover holds, else OPEN."""
    if row.override_until is None:
        return _OPEN
    holds = covered(severity, override_until=row.override_until, override_severity=row.override_severity, at=at)
    return _OVERRIDDEN if holds else _OPEN


def _differs(row: Row, finding: Finding, at: datetime) -> bool:
    """Rule and package are part of the fingerprint and cannot differ."""
    return (
        row.severity != finding.severity
        or row.line != finding.line
        or row.file_path != finding.file_path
        or row.message != finding.message
        or row.context != finding.context
        or row.status != status_when_live(row, finding.severity, at)
    )


def _by_fingerprint(findings: Sequence[Finding]) -> dict[str, Finding]:
    """Findings by their fingerprint."""
    claims = {finding.fingerprint: finding for finding in findings}
    if len(claims) < len(findings):
        # Readers count occurrences, so this should not be; if it is, the gravest of the twins must not be lost.
        graver_last = sorted(findings, key=lambda finding: -_RANK[finding.severity])
        claims.update((finding.fingerprint, finding) for finding in graver_last)
    return claims

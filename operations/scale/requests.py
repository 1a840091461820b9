"""The overrides and false positives of a pull request's life, as the requests that they rest on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from compliance.choices import PullState, Severity
from operations.scale.lines import Lines
from operations.scale.lives import COVER, Found, Life
from operations.scale.skew import Keys
from overrides.choices import Kind, Standing
from overrides.models import OverriddenViolation, OverrideRequest

APPROVER = "seed.approver"
REASON = "Seeded: the risk is known and accepted until the follow-up lands."


def add_requests(
    life: Life,
    pull: str,
    violations: dict[int, str],
    author: str,
    at: datetime,
    *,
    lines: Lines,
    keys: Keys,
    file_of: Callable[[int], str],
) -> None:
    """Write them: what was approved, what is over, what was dismissed, and what somebody is to decide."""

    def add(about: list[Found], asked_at: datetime, *, decided: bool, **values: Any) -> None:
        request = keys.at(asked_at)
        lines.add(
            OverrideRequest,
            **{"kind": Kind.OVERRIDE.value, "expires_at": None, "ended_at": None, **values},
            id=request,
            pull_request_id=pull,
            requested_by_label=author,
            requested_at=asked_at,
            reason=REASON,
            decided_by_label=APPROVER if decided else "",
            decided_at=asked_at if decided else None,
        )
        for one in about:
            lines.add(
                OverriddenViolation,
                id=keys.at(asked_at),
                request_id=request,
                violation_id=violations[id(one)],
                rule=one.rule.id,
                file_path=file_of(one.file),
                asked_severity=one.severity,
                approved_severity=one.severity if decided else "",
            )

    covered = [one for one in life.found if one.covered]
    if covered and life.cover_at:
        until = life.cover_at + COVER
        status = Standing.EXPIRED if until <= at else Standing.APPROVED
        ended_at = until if until <= at else None
        add(covered, life.cover_at, decided=True, status=status.value, expires_at=until, ended_at=ended_at)
    for one in life.found:
        if one.false:
            approved_at = life.reports[one.first] + life.dismissed_after
            add([one], approved_at, decided=True, status=Standing.APPROVED.value, kind=Kind.FALSE_POSITIVE.value)
    grave = [one for one in life.found if one.severity != Severity.WARNING and one.lives_after(len(life.reports) - 1)]
    if life.pending and grave and life.state == PullState.OPEN:
        add(grave, life.reports[-1], decided=False, status=Standing.PENDING.value)

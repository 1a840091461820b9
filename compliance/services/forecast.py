"""What a verdict would be if: asked before somebody decides. Changes nothing."""

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from compliance.choices import Enforcement, Resolution, Severity, Status
from compliance.models import PullRequest, TenantSettings, Violation
from compliance.score import Counts
from compliance.services.judging import standing_of
from compliance.verdict import Judgement, Standing, judge


class Change(Enum):
    """What might be done to some violations of a pull request."""

    NOTHING = "nothing"
    COVER = "cover"
    UNCOVER = "uncover"
    DISMISS = "dismiss"
    """As false positives."""
    REINSTATE = "reinstate"
    """What was dismissed as a false positive."""


def judgement_if(pull: PullRequest, change: Change, violations: Iterable[UUID] = ()) -> Judgement:
    """The verdict of a pull request if this were done to these of its violations, under the terms of now."""
    standing = standing_of(pull)
    if change is not Change.NOTHING:
        standing = _changed(standing, change, _counted(pull, violations))
    return judge(standing, TenantSettings.current().terms())


def _changed(standing: Standing, change: Change, counted: dict[str, Counts]) -> Standing:
    open_now, covered, false = counted["open"], counted["covered"], counted["false"]
    whole, still_open = standing.counts, standing.open_counts
    if change is Change.COVER:
        return replace(standing, open_counts=_less(still_open, open_now))
    if change is Change.UNCOVER:
        return replace(standing, open_counts=still_open + covered)
    if change is Change.DISMISS:
        return replace(standing, counts=_less(whole, open_now + covered), open_counts=_less(still_open, open_now))
    return replace(standing, counts=whole + false, open_counts=still_open + false)


def _counted(pull: PullRequest, violations: Iterable[UUID]) -> dict[str, Counts]:
    """How many of the violations count, by where they stand and how grave they are. One query."""
    where = {
        "open": Q(status=Status.OPEN),
        "covered": Q(status=Status.OVERRIDDEN),
        "false": Q(resolution=Resolution.FALSE_POSITIVE),
    }
    wanted: dict[str, Any] = {
        f"{name}_{severity}": Count("pk", filter=condition & Q(severity=severity))
        for name, condition in where.items()
        for severity in Severity
    }
    enforced = Violation.objects.filter(
        pull_request=pull, pk__in=list(violations), rule__enforcement=Enforcement.ENFORCE
    )
    sums = enforced.aggregate(**wanted)
    return {name: Counts(*(sums[f"{name}_{severity}"] for severity in Severity)) for name in where}


def _less(counts: Counts, fewer: Counts) -> Counts:
    return Counts(*(max(0, one - other) for one, other in zip(counts, fewer, strict=True)))

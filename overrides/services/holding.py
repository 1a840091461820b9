"""Which approved request covers a violation, where several name it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from compliance.models import PullRequest, Violation
from compliance.reconcile import covered
from compliance.services.covering import Cover
from overrides.choices import Kind, Standing
from overrides.models import OverriddenViolation


def holding_covers(pull: PullRequest, violations: Collection[UUID], *, at: datetime) -> list[Cover]:
    """For each of the violations that an approved request still names, the cover that holds longest.

    One that no longer holds, because the violation has grown graver, stands behind every one that does.
    """
    severities = dict(Violation.objects.filter(pk__in=violations).values_list("pk", "severity"))
    named = OverriddenViolation.objects.filter(
        violation__in=list(severities),
        request__pull_request=pull,
        request__kind=Kind.OVERRIDE,
        request__status=Standing.APPROVED,
        request__expires_at__gt=at,
    ).exclude(approved_severity="")
    best: dict[UUID, tuple[tuple[bool, datetime], Cover]] = {}
    for item in named.select_related("request"):
        request, key = item.request, item.violation_id
        assert request.expires_at is not None  # noqa: S101  the filter says so
        until, seen = request.expires_at, item.approved_severity
        holds = covered(severities[key], override_until=until, override_severity=seen, at=at)
        found = Cover(key, until, seen, request.reason, request.decided_by_label)
        if key not in best or (holds, until) > best[key][0]:
            best[key] = (holds, until), found
    return [cover for _, cover in best.values()]

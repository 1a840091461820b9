"""Lists of requests, and what stands beside each."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet

from compliance.models import PullRequest
from overrides.choices import Standing
from overrides.limits import WARN_DAYS
from overrides.models import OverriddenViolation, OverrideRequest


class About(NamedTuple):
    """What a request is about, in short."""

    rules: list[str]
    violations: int


def listed() -> QuerySet[OverrideRequest]:
    """All requests, with their pull requests."""
    return OverrideRequest.objects.select_related("pull_request__repository")


def about(requests: Sequence[OverrideRequest]) -> dict[UUID, About]:
    """What each of these requests is about. One query."""
    items = OverriddenViolation.objects.filter(request__in=[request.pk for request in requests]).order_by()
    found = {request.pk: About([], 0) for request in requests}
    for key, rule, number in items.values_list("request", "rule").annotate(n=Count("pk")).order_by("request", "rule"):
        rules, total = found[key]
        found[key] = About([*rules, rule], total + number)
    return found


def unnoticed(at: datetime) -> int:
    """How many approved requests are over without anybody having noticed."""
    return OverrideRequest.objects.overdue(at).count()


def of_pull(pull: PullRequest, *standings: Standing, at: datetime) -> list[OverrideRequest]:
    """The requests about a pull request that stand so, the newest first."""
    found = OverrideRequest.objects.filter(pull_request=pull).standing(standings, at)
    return list(found.order_by("-id"))


def something_due(at: datetime) -> bool:
    """Whether an override is over, or somebody has to be warned of an end."""
    unwarned = any(OverrideRequest.objects.to_warn_of(at, days=days).exists() for days in WARN_DAYS)
    return unwarned or OverrideRequest.objects.overdue(at).exists()


def held_violations(at: datetime) -> QuerySet[OverriddenViolation, UUID]:
    """Keys of the violations that a request names which is pending, or approved and not over: these are kept."""
    standing = OverrideRequest.objects.pending() | OverrideRequest.objects.approved(at)
    return OverriddenViolation.objects.filter(request__in=standing).order_by().values_list("violation", flat=True)

"""Excusing violations: what a higher room has decided, written and judged anew in that room's transaction.

The caller holds the pull request's lock (``lock_pull``). Each function ends by bumping the versions, so it is the last
thing that the caller does to rows: what it names as ``also`` is bumped with them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from compliance.choices import PullState, Resolution, Status
from compliance.models import PullRequest, Transition, Version, Violation
from compliance.models.violations import ViolationQuerySet
from compliance.reconcile import covered
from compliance.services import bulk
from compliance.services.alerting import alert_about
from compliance.services.judging import judge_pull_request
from compliance.services.states import recount
from compliance.services.updates import queue_updates

_TOPICS = ("pulls", "rules", "violations")
_UNMERGED = {PullState.CLOSED: Resolution.CLOSED, PullState.MERGED: Resolution.MERGED}


class Cover(NamedTuple):
    """What excuses one violation."""

    violation: UUID
    until: datetime
    severity: str
    """That the approver saw: a graver violation is not covered."""
    reason: str
    by: str


def lock_pull(pull_id: UUID, *, wait: bool = True) -> PullRequest:
    """The pull request, locked until the transaction ends. Reports about it wait; readers do not.

    Raises:
        django.db.OperationalError: somebody holds it, and ``wait`` is False or that takes too long.
    """
    locked = PullRequest.objects.select_for_update(no_key=True, nowait=not wait, of=("self",))
    return locked.select_related("repository").get(pk=pull_id)


def cover(pull: PullRequest, covers: Sequence[Cover], *, at: datetime, also: Collection[str] = ()) -> None:
    """Excuse violations of a pull request: each until its date, and while it grows no graver.

    A cover takes the place of the violation's former one. Resolved violations keep it for when they return.
    """
    _write_covers(pull, {cover.violation: cover for cover in covers}, at)
    _settle(pull, at, also)


def uncover(
    pull: PullRequest,
    violations: Iterable[UUID],
    *,
    instead: Sequence[Cover] = (),
    at: datetime,
    also: Collection[str] = (),
) -> None:
    """End the cover of violations of a pull request.

    Args:
        instead: what goes on covering some of them.
    """
    ended: dict[UUID, Cover | None] = dict.fromkeys(violations)
    _write_covers(pull, ended | {cover.violation: cover for cover in instead}, at)
    _settle(pull, at, also)


def mark_false_positive(
    pull: PullRequest, violations: Collection[UUID], *, by: str, at: datetime, also: Collection[str] = ()
) -> None:
    """Resolve live violations as false positives. They stay it while reports find them no graver than now."""
    live = list(_of(pull, violations).live().values_list("pk", "status"))
    bulk.update_resolved([key for key, _ in live], resolution=Resolution.FALSE_POSITIVE, at=at, by=by)
    cause = Transition.Cause.DISMISSED.value
    changes = [(key, status, Status.RESOLVED.value, cause) for key, status in live]
    bulk.copy_transitions(changes, at=at, evaluation=None)
    _settle(pull, at, also)


def restore(pull: PullRequest, violations: Collection[UUID], *, at: datetime, also: Collection[str] = ()) -> None:
    """Take back that violations are false positives. Of a pull request that has ended, they went with it."""
    dismissed = _of(pull, violations).filter(resolution=Resolution.FALSE_POSITIVE)
    cause = Transition.Cause.REINSTATED
    if pull.state == PullState.OPEN:
        bring_back(dismissed, cause=cause, at=at)
    else:
        status = Status.RESOLVED.value
        changes = [(key, status, status, cause.value) for key in dismissed.values_list("pk", flat=True)]
        dismissed.update(resolution=_UNMERGED[PullState(pull.state)], resolved_at=at)
        bulk.copy_transitions(changes, at=at, evaluation=None)
    _settle(pull, at, also)


def bring_back(resolved: QuerySet[Violation], *, cause: Transition.Cause, at: datetime) -> None:
    """Make resolved violations live again, covered ones while their cover holds. The caller counts anew."""
    keys: dict[Status, list[UUID]] = {Status.OPEN: [], Status.OVERRIDDEN: []}
    for violation in resolved.only("severity", "override_until", "override_severity"):
        keys[_live_status(violation.severity, violation.override_until, violation.override_severity, at)].append(
            violation.pk
        )
    for status, ids in keys.items():
        Violation.objects.filter(pk__in=ids).update(status=status, resolution="", resolved_at=None, resolved_by="")
        changes = [(key, Status.RESOLVED.value, status.value, cause.value) for key in ids]
        bulk.copy_transitions(changes, at=at, evaluation=None)


def _write_covers(pull: PullRequest, covers: dict[UUID, Cover | None], at: datetime) -> None:
    written, changes = [], []
    for key, severity, before in _of(pull, covers).values_list("pk", "severity", "status"):
        until, seen, reason, by = _columns_of(covers[key])
        after = before if before == Status.RESOLVED else _live_status(severity, until, seen, at).value
        written.append((key, until, seen, reason, by, after))
        if after != before:
            cause = Transition.Cause.COVERED if after == Status.OVERRIDDEN else Transition.Cause.UNCOVERED
            changes.append((key, before, after, cause.value))
    bulk.update_covers(written)
    bulk.copy_transitions(changes, at=at, evaluation=None)


def _columns_of(cover: Cover | None) -> tuple[datetime | None, str, str, str]:
    return (cover.until, cover.severity, cover.reason, cover.by) if cover else (None, "", "", "")


def _of(pull: PullRequest, violations: Iterable[UUID]) -> ViolationQuerySet:
    return Violation.objects.filter(pull_request=pull, pk__in=list(violations))


def _live_status(severity: str, until: datetime | None, seen: str, at: datetime) -> Status:
    holds = covered(severity, override_until=until, override_severity=seen, at=at)
    return Status.OVERRIDDEN if holds else Status.OPEN


def _settle(pull: PullRequest, at: datetime, also: Collection[str]) -> None:
    recount(pull)
    if pull.state == PullState.OPEN:
        judge_pull_request(pull)
        pull.save()
        queue_updates(pull, at=at)
        alert_about(pull, at=at)
    Version.bump(*_TOPICS, *also)

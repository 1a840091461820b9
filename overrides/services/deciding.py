"""Deciding requests: a second person approves exactly what they saw, rejects, or revokes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from compliance.choices import Severity
from compliance.models import PullRequest, TenantSettings, Version, Violation
from compliance.services import covering
from core.errors import Conflict, Invalid
from overrides.choices import Kind, Standing
from overrides.limits import MAX_REASON_CHARS, WARN_DAYS
from overrides.models import OverriddenViolation, OverrideRequest
from overrides.queries.rows import Row, fence, rows_of
from overrides.services.asking import check_end
from overrides.services.holding import holding_covers
from overrides.services.locking import AlreadyDecided, locked
from overrides.services.people import ensure_may_decide
from overrides.services.recording import record
from overrides.services.telling import tell_requester

TOPIC = "overrides"


class ViolationsChanged(Conflict):
    """What a request is about is not what the approver saw."""

    def __init__(self, told: str) -> None:
        super().__init__("violations_changed", f"{told} Look at it again before you decide.")


@transaction.atomic
def approve_override(
    *,
    override_id: UUID,
    by: User,
    at: datetime,
    expires_at: datetime | None = None,
    note: str = "",
    seen: str = "",
) -> OverrideRequest:
    """Approve a pending request, excuse exactly what the approver saw, and judge the pull request anew.

    Args:
        expires_at: at most the tenant's maximum from now; without it the end that was wished, or the maximum.
            False positives have none.
        seen: the fence of the violations as the approver saw them (``queries.rows.fence``). Without it they must be
            as they were when they were asked for.

    Raises:
        NotFound: there is no such request.
        Forbidden, NeedsSecondPerson: ``by`` may not, or asked for it.
        AlreadyDecided: somebody was faster.
        ViolationsChanged: the violations are not as they were seen.
        Conflict: none of them is there any more.
        Invalid: the end is over or too far away.
    """
    request, pull = _undecided(override_id, by, at)
    rows = rows_of(request)
    _ensure_as_seen(rows, seen)
    live = [row for row in rows if row.live]
    if not live:
        raise Conflict("nothing_left", "None of its violations is there any more: there is nothing to approve.")
    request.expires_at = _end_of(request, expires_at, at)
    request.warned_days = _needless_warning(request.expires_at, at)
    request.note = _checked_text(note, field="note")
    _decide(request, Standing.APPROVED, by, at)
    for severity in Severity:
        alike = [row.item.pk for row in live if row.severity == severity]
        OverriddenViolation.objects.filter(pk__in=alike).update(approved_severity=severity)
    keys = [row.item.violation_id for row in live]
    if request.kind == Kind.FALSE_POSITIVE:
        covering.mark_false_positive(pull, keys, by=by.get_username(), at=at, also=[TOPIC])
    else:
        covering.cover(pull, holding_covers(pull, keys, at=at), at=at, also=[TOPIC])
    record(request, "approved", by=by, at=at, before=Standing.PENDING, note=request.note)
    return request


@transaction.atomic
def reject_override(*, override_id: UUID, reason: str, by: User, at: datetime) -> OverrideRequest:
    """Reject a pending request and say why.

    Raises:
        NotFound, Forbidden, NeedsSecondPerson, AlreadyDecided: as for approving.
        Invalid: there is no reason.
    """
    request, _ = _undecided(override_id, by, at)
    request.rejection_reason = _checked_text(reason, field="reason", needed=True)
    _decide(request, Standing.REJECTED, by, at)
    Version.bump(TOPIC)
    record(request, "rejected", by=by, at=at, before=Standing.PENDING, note=request.rejection_reason)
    return request


@transaction.atomic
def revoke_override(*, override_id: UUID, reason: str, by: User, at: datetime) -> OverrideRequest:
    """End an approved request before its time, and judge the pull request anew.

    What another approved request covers stays covered by that one.

    Raises:
        NotFound: there is no such request.
        Forbidden, NeedsSecondPerson: ``by`` may not, or asked for it.
        AlreadyDecided: it is not approved, or is over.
        Invalid: there is no reason.
    """
    request, pull = locked(override_id)
    ensure_may_decide(request, by)
    if request.standing_at(at) != Standing.APPROVED:
        raise AlreadyDecided(request, request.standing_at(at))
    request.revocation_reason = _checked_text(reason, field="reason", needed=True)
    request.ended_by, request.ended_by_label = by, by.get_username()
    end(request, pull, Standing.REVOKED, by=by, at=at)
    return request


def end(
    request: OverrideRequest, pull: PullRequest, standing: Standing, *, by: User | None = None, at: datetime
) -> None:
    """Let an approved request end; the caller holds both locks.

    Args:
        by: None: its time is over.
    """
    request.status, request.ended_at = standing, at
    request.save()
    tell_requester(request, at=at)
    approved = dict(request.items.exclude(approved_severity="").values_list("violation", "approved_severity"))
    if request.kind == Kind.FALSE_POSITIVE:
        covering.restore(pull, _still_dismissed(request, approved), at=at, also=[TOPIC])
    else:
        left = holding_covers(pull, approved, at=at)
        covering.uncover(pull, approved, instead=left, at=at, also=[TOPIC])
    deed = str(standing.label).lower()
    record(request, deed, by=by, at=at, before=Standing.APPROVED, note=request.revocation_reason)


def _undecided(override_id: UUID, by: User, at: datetime) -> tuple[OverrideRequest, PullRequest]:
    request, pull = locked(override_id)
    ensure_may_decide(request, by)
    if request.status != Standing.PENDING:
        raise AlreadyDecided(request, request.standing_at(at))
    return request, pull


def _decide(request: OverrideRequest, standing: Standing, by: User, at: datetime) -> None:
    request.status, request.decided_at = standing, at
    request.decided_by, request.decided_by_label = by, by.get_username()
    request.save()
    tell_requester(request, at=at)


def _ensure_as_seen(rows: Sequence[Row], seen: str) -> None:
    if seen:
        if seen != fence(rows):
            raise ViolationsChanged("Its violations have changed since you saw them.")
        return
    changed = [_change_of(row) for row in rows if not row.as_asked]
    if changed:
        more = f", and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ViolationsChanged(f"Since it was asked for: {'; '.join(changed[:3])}{more}.")


def _change_of(row: Row) -> str:
    if not row.live:
        return f"{row.item} is no longer there"
    asked, now = Severity(row.item.asked_severity), Severity(row.severity)
    return f"{row.item} is {'graver' if now.rank < asked.rank else 'less grave'} ({now}, was {asked})"


def _end_of(request: OverrideRequest, stated: datetime | None, at: datetime) -> datetime | None:
    check_end(stated, at=at, field="expires_at", kind=Kind(request.kind))
    if request.kind == Kind.FALSE_POSITIVE or stated is not None:
        return stated
    check_end(request.wished_until, at=at, field="expires_at")
    return request.wished_until or at + timedelta(days=TenantSettings.current().longest_override_days)


def _needless_warning(expires_at: datetime | None, at: datetime) -> int | None:
    """Who approves three days need not be told at once that they end within seven."""
    near = [days for days in WARN_DAYS if expires_at and expires_at - at <= timedelta(days=days)]
    return min(near, default=None)


def _still_dismissed(request: OverrideRequest, approved: dict[UUID, str]) -> list[UUID]:
    """Of the violations of a false positive's approval, those that nothing but it dismisses."""
    others = OverriddenViolation.objects.filter(
        violation__in=list(approved), request__kind=Kind.FALSE_POSITIVE, request__status=Standing.APPROVED
    ).exclude(request=request)
    by_others = set(others.exclude(approved_severity="").values_list("violation", "approved_severity"))
    severities = Violation.objects.filter(pk__in=list(approved)).values_list("pk", "severity")
    return [key for key, now in severities if approved[key] == now and (key, now) not in by_others]


def _checked_text(text: str, *, field: str, needed: bool = False) -> str:
    text = text.strip()
    if (text or not needed) and len(text) <= MAX_REASON_CHARS and "\x00" not in text:
        return text
    told = f"Say why, in at most {MAX_REASON_CHARS:,} characters." if needed else "Too long."
    raise Invalid("invalid", f"{field}: {told}", errors={field: [told]})

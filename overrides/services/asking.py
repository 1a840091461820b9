"""Asking for an override, asking again, and thinking better of it."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from compliance.models import PullRequest, TenantSettings, Version, Violation
from compliance.services.covering import lock_pull
from core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from core.ids import new_ids
from overrides.choices import Kind, Standing
from overrides.limits import MAX_REASON_CHARS, MAX_VIOLATIONS, MIN_REASON_CHARS, REQUESTS, WINDOW
from overrides.models import OverriddenViolation, OverrideRequest
from overrides.services.evidence import check_address, check_file
from overrides.services.locking import AlreadyDecided, locked
from overrides.services.people import ensure_may_ask
from overrides.services.recording import record
from overrides.services.telling import tell_deciders

RENEWABLE = (Standing.APPROVED, Standing.EXPIRED)


@transaction.atomic
def request_override(
    *,
    violations: Sequence[UUID],
    reason: str,
    by: User,
    at: datetime,
    kind: Kind = Kind.OVERRIDE,
    evidence_url: str = "",
    evidence: "UploadedFile[Any] | None" = None,
    wished_until: datetime | None = None,
    renews: OverrideRequest | None = None,
) -> OverrideRequest:
    """Ask that live violations of one pull request be excused, or be called false positives.

    Args:
        violations: keys; one that stands twice counts once.
        reason: 20 to 4,000 characters.
        wished_until: the end that is asked for, at most the tenant's maximum from now; false positives have none.
        renews: the request that this one follows.

    Raises:
        Forbidden: ``by`` may not ask.
        TooMany: ten requests of ``by`` are not an hour old.
        Invalid, TooLarge: a field is wrong.
        Conflict: each of the violations is in a pending request of this kind already.
    """
    ensure_may_ask(by)
    _ensure_not_too_often(by, at)
    reason = reason.strip()
    _check_reason(reason)
    check_address(evidence_url)
    if evidence is not None:
        check_file(evidence)
    check_end(wished_until, at=at, field="expires_at", kind=kind)
    pull = lock_pull(_pull_of(violations))
    found = _live(pull, violations)
    _ensure_not_asked(found, kind)
    request = OverrideRequest(
        pull_request=pull,
        kind=kind,
        requested_by=by,
        requested_by_label=by.get_username(),
        requested_at=at,
        reason=reason,
        evidence_url=evidence_url,
        wished_until=wished_until,
        renews=renews,
    )
    _store(request, evidence, [*found.values()], at)
    tell_deciders(request, at=at)
    Version.bump("overrides")
    record(request, "requested", by=by, at=at, note=reason)
    return request


@transaction.atomic
def renew_override(*, override_id: UUID, by: User, at: datetime) -> OverrideRequest:
    """Ask once more, with the same reason, for what is left of an approved or expired override.

    Raises:
        Conflict: it is neither, is a false positive, or nothing of it is left; or that is asked for already.
        Forbidden, TooMany, NotFound: as for the first time.
    """
    # Without a lock: asking takes them in its own order, and looks for what is asked for already.
    request = OverrideRequest.objects.filter(pk=override_id).first()
    if request is None:
        raise NotFound("not_found", "There is no such override.")
    standing = request.standing_at(at)
    if request.kind != Kind.OVERRIDE or standing not in RENEWABLE:
        raise Conflict("not_renewable", "Only an override that is approved, or was, can be renewed.")
    approved = request.items.exclude(approved_severity="").values("violation")
    left = Violation.objects.live().filter(pk__in=approved, pull_request=request.pull_request_id)
    keys = list(left.order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise Conflict("nothing_left", "None of its violations is there any more.")
    return request_override(
        violations=keys,
        reason=request.reason,
        evidence_url=request.evidence_url,
        by=by,
        at=at,
        renews=request,
    )


@transaction.atomic
def withdraw_override(*, override_id: UUID, by: User, at: datetime) -> OverrideRequest:
    """Take back one's own request before it is decided.

    Raises:
        NotFound: there is no such request.
        Forbidden: ``by`` did not ask for it.
        AlreadyDecided: it is too late.
    """
    request, _ = locked(override_id)
    ensure_may_ask(by)
    if not request.asked_by(by):
        raise Forbidden("not_yours", "Only who asked for it may withdraw it.")
    if request.status != Standing.PENDING:
        raise AlreadyDecided(request, request.standing_at(at))
    request.status, request.ended_at = Standing.WITHDRAWN, at
    request.ended_by, request.ended_by_label = by, by.get_username()
    request.save()
    Version.bump("overrides")
    record(request, "withdrawn", by=by, at=at, before=Standing.PENDING)
    return request


def check_end(until: datetime | None, *, at: datetime, field: str, kind: Kind = Kind.OVERRIDE) -> None:
    """Refuse an end that is over, or further away than the tenant allows.

    Raises:
        Invalid: names ``field``.
    """
    if until is None:
        return
    days = TenantSettings.current().longest_override_days
    if kind == Kind.FALSE_POSITIVE:
        reason = "A false positive has no end."
    elif until <= at:
        reason = "That is over already."
    elif until > at + timedelta(days=days):
        reason = f"At most {days} days from now."
    else:
        return
    raise Invalid("invalid", f"{field}: {reason}", errors={field: [reason]})


def _check_reason(reason: str) -> None:
    if MIN_REASON_CHARS <= len(reason) <= MAX_REASON_CHARS and "\x00" not in reason:
        return
    told = f"Say why, in {MIN_REASON_CHARS} to {MAX_REASON_CHARS:,} characters."
    raise Invalid("invalid", f"reason: {told}", errors={"reason": [told]})


def _ensure_not_too_often(by: User, at: datetime) -> None:
    # Who asks at the same time from elsewhere waits here, so that both are counted.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    recent = OverrideRequest.objects.filter(requested_by=by, requested_at__gt=at - WINDOW)
    times = list(recent.order_by("-requested_at").values_list("requested_at", flat=True)[:REQUESTS])
    if len(times) < REQUESTS:
        return
    wait = (times[-1] + WINDOW - at).total_seconds()
    raise TooMany(
        "too_many_requests",
        f"You may ask for {REQUESTS} overrides an hour. Try again in {math.ceil(wait / 60)} min.",
        wait=wait,
    )


def _pull_of(violations: Sequence[UUID]) -> UUID:
    """The one pull request that the violations are on."""
    if not violations:
        raise _wrong("Name at least one violation.")
    if len(violations) > MAX_VIOLATIONS:
        raise _wrong(f"At most {MAX_VIOLATIONS:,} violations at once.")
    known = dict(Violation.objects.filter(pk__in=violations).values_list("pk", "pull_request"))
    if unknown := sorted(str(key) for key in set(violations) - set(known)):
        raise _wrong(f"Unknown: {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}.")
    pulls = set(known.values())
    if len(pulls) > 1:
        raise _wrong(f"Of one pull request only; these are of {len(pulls)}.", code="several_pull_requests")
    return pulls.pop()


def _live(pull: PullRequest, violations: Sequence[UUID]) -> dict[UUID, Violation]:
    """The violations, read under the pull request's lock."""
    found = Violation.objects.live().filter(pull_request=pull).defer("context", "message").in_bulk(list(violations))
    gone = len(set(violations)) - len(found)
    if gone:
        subject = "1 of these violations is" if gone == 1 else f"{gone} of these violations are"
        raise _wrong(f"{subject} not live: only what still counts can be excused.")
    return found


def _ensure_not_asked(found: dict[UUID, Violation], kind: Kind) -> None:
    pending = OverriddenViolation.objects.filter(
        violation__in=list(found), request__status=Standing.PENDING, request__kind=kind
    )
    asked = dict(pending.values_list("violation", "request"))
    if len(asked) == len(found):
        raise Conflict("already_asked", f"This is asked for already: request {next(iter(asked.values()))} is pending.")


def _store(
    request: OverrideRequest, evidence: "UploadedFile[Any] | None", found: Sequence[Violation], at: datetime
) -> None:
    if evidence is not None:
        request.evidence_name = (evidence.name or "evidence")[-200:]
        request.evidence.save(request.evidence_name, evidence, save=False)
    try:
        request.save(force_insert=True)
        OverriddenViolation.objects.bulk_create(
            OverriddenViolation(
                id=UUID(key),
                request=request,
                violation=violation,
                rule=violation.rule_id,
                file_path=violation.file_path,
                asked_severity=violation.severity,
            )
            for key, violation in zip(new_ids(len(found), at=at), found, strict=True)
        )
    except BaseException:
        # The row goes with the transaction, the file would stay.
        if evidence is not None:
            request.evidence.storage.delete(str(request.evidence.name))
        raise


def _wrong(reason: str, *, code: str = "invalid") -> Invalid:
    return Invalid(code, f"violations: {reason}", errors={"violations": [reason]})

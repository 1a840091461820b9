"""Deciding: a second person, exactly what they saw, and the verdict that follows in the same moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Role
from compliance.choices import PullState
from compliance.models import Check, Evaluation, PullRequest, RuleState, TenantSettings, Transition, Version, Violation
from compliance.services.pulls import set_state
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.ids import new_id
from overrides.choices import Kind
from overrides.models import OverrideRequest
from overrides.queries.rows import fence, rows_of
from overrides.services.deciding import ViolationsChanged, approve_override, reject_override, revoke_override
from overrides.services.locking import AlreadyDecided
from overrides.services.people import NeedsSecondPerson
from tests import factories
from tests.overrides.conftest import BLOCK, NOON, OTHER, REASON, Ask, live, verdict

pytestmark = pytest.mark.django_db
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]

LATER = NOON + timedelta(hours=1)


def graver(severity: str) -> list[dict[str, str]]:
    """The same finding as an object, whose severity is no part of its fingerprint."""
    return [{"rule_id": "R01", "severity": severity, "message": "query without tenant", "file_path": "src/a.ts"}]


def approve(request: OverrideRequest, by: User, **fields: Any) -> OverrideRequest:
    return approve_override(override_id=request.pk, by=by, **{"at": NOON, **fields})


def test_an_approval_covers_and_judges_anew_at_once(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    before = Version.numbers(["overrides", "pulls", "rules", "violations"])
    request = approve(ask(), compliance_admin, note="Until the vendor's release.", at=LATER)
    violation = Violation.objects.get()
    assert (verdict(), request.status, request.note) == ("OVERRIDE_APPROVED", "APPROVED", "Until the vendor's release.")
    assert (violation.status, violation.override_reason, violation.override_approved_by) == (
        "OVERRIDDEN",
        REASON,
        compliance_admin.username,
    )
    assert violation.override_until == request.expires_at == LATER + timedelta(days=30)
    assert (violation.override_severity, request.items.get().approved_severity) == ("BLOCK", "BLOCK")
    assert Transition.objects.order_by("at", "id").last().cause == "covered"  # type: ignore[union-attr]
    assert (RuleState.objects.get(rule="R01").block_count, RuleState.objects.get(rule="R01").open_block_count) == (1, 0)
    after = Version.numbers(["overrides", "pulls", "rules", "violations"])
    assert all(new > old for new, old in zip(after, before, strict=True))


def test_nobody_decides_their_own_request(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    request = ask(by=compliance_admin)
    with pytest.raises(NeedsSecondPerson):
        approve(request, compliance_admin)
    with pytest.raises(NeedsSecondPerson):
        reject_override(override_id=request.pk, reason="No, thank you.", by=compliance_admin, at=NOON)
    assert verdict() == "BLOCKED"


def test_nobody_revokes_what_they_asked_for(
    blocked: PullRequest, ask: Ask, compliance_admin: User, tenant_admin: User
) -> None:
    request = approve(ask(by=compliance_admin), tenant_admin)
    with pytest.raises(NeedsSecondPerson):
        revoke_override(override_id=request.pk, reason="Mine.", by=compliance_admin, at=LATER)


def test_the_database_says_so_too(blocked: PullRequest, ask: Ask, viewer: User) -> None:
    request = ask()
    decided = {"status": "APPROVED", "decided_at": NOON, "decided_by_label": "x", "expires_at": LATER}
    with pytest.raises(IntegrityError, match="override_needs_a_second_person"), transaction.atomic():
        OverrideRequest.objects.filter(pk=request.pk).update(decided_by=viewer, **decided)


def test_a_viewer_decides_nothing(blocked: PullRequest, ask: Ask) -> None:
    other = factories.user(Role.VIEWER, password="correct horse")
    with pytest.raises(Forbidden):
        approve(ask(), other)


def test_who_was_an_admin_a_moment_ago_decides_nothing(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    request = ask()
    assert compliance_admin.has_perm("overrides.decide_overriderequest")
    compliance_admin.groups.clear()
    with pytest.raises(Forbidden):
        approve(request, compliance_admin)


def test_who_swaps_roles_still_does_not_decide_their_own(
    blocked: PullRequest, ask: Ask, viewer: User, compliance_admin: User
) -> None:
    request = ask()
    viewer.groups.set(compliance_admin.groups.all())
    with pytest.raises(NeedsSecondPerson):
        approve(request, User.objects.get(pk=viewer.pk))


def test_a_deleted_requester_keeps_the_label_and_a_namesake_decides_nothing(
    blocked: PullRequest, ask: Ask, viewer: User, compliance_admin: User
) -> None:
    request, name = ask(), viewer.username
    viewer.delete()
    namesake = factories.user(Role.COMPLIANCE_ADMIN, password="correct horse")
    User.objects.filter(pk=namesake.pk).update(username=name)
    with pytest.raises(NeedsSecondPerson):
        approve(request, User.objects.get(pk=namesake.pk))
    decided = approve(request, compliance_admin)
    assert (decided.requested_by, decided.requested_by_label) == (None, name)


def test_a_deleted_approver_keeps_the_label_and_the_cover(approved: OverrideRequest, compliance_admin: User) -> None:
    compliance_admin.delete()
    approved.refresh_from_db()
    assert (approved.decided_by, approved.decided_by_label) == (None, compliance_admin.username)
    assert verdict() == "OVERRIDE_APPROVED"


def test_the_second_of_two_decisions_is_told_of_the_first(
    blocked: PullRequest, ask: Ask, compliance_admin: User, tenant_admin: User
) -> None:
    request = approve(ask(), compliance_admin)
    with pytest.raises(AlreadyDecided, match=f"It is approved by {compliance_admin.username} already."):
        reject_override(override_id=request.pk, reason="Fix it.", by=tenant_admin, at=NOON)


def test_what_nobody_asked_for_is_not_found(compliance_admin: User) -> None:
    with pytest.raises(NotFound):
        approve_override(override_id=new_id(), by=compliance_admin, at=NOON)


def test_an_end_is_within_the_tenants_maximum(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    TenantSettings(longest_override_days=5).save()
    request = ask()
    for until in (NOON, NOON + timedelta(days=5, seconds=1)):
        with pytest.raises(Invalid):
            approve(request, compliance_admin, expires_at=until)
    assert approve(request, compliance_admin).expires_at == NOON + timedelta(days=5)


def test_the_wished_end_holds_unless_the_approver_names_another(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=[BLOCK, OTHER]), at=NOON)
    wish, other = NOON + timedelta(days=3), NOON + timedelta(days=1)
    first, second = (ask(violations=[key], wished_until=wish) for key in live())
    assert approve(first, compliance_admin).expires_at == wish
    assert approve(second, compliance_admin, expires_at=other).expires_at == other


def test_a_wish_that_is_over_is_not_granted(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    request = ask(wished_until=LATER)
    with pytest.raises(Invalid, match="over already"):
        approve(request, compliance_admin, at=LATER)


def test_a_violation_that_grew_graver_since_it_was_asked_for_is_not_approved(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("WARNING")), at=NOON)
    request = ask()
    judge(report(deny=graver("BLOCK")), at=LATER)
    with pytest.raises(ViolationsChanged, match=r"R01 in src/a.ts is graver \(BLOCK, was WARNING\)"):
        approve(request, compliance_admin)
    assert (verdict(), OverrideRequest.objects.get().status) == ("BLOCKED", "PENDING")


def test_who_saw_the_graver_violation_may_approve_it(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("WARNING")), at=NOON)
    request = ask()
    judge(report(deny=graver("BLOCK")), at=LATER)
    approve(request, compliance_admin, seen=fence(rows_of(request)))
    assert (verdict(), Violation.objects.get().override_severity) == ("OVERRIDE_APPROVED", "BLOCK")


def test_who_saw_the_lesser_violation_does_not_approve_the_graver_one(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("WARNING")), at=NOON)
    request = ask()
    seen = fence(rows_of(request))
    judge(report(deny=graver("BLOCK")), at=LATER)
    with pytest.raises(ViolationsChanged, match="since you saw them"):
        approve(request, compliance_admin, seen=seen)


def test_a_new_commit_changes_nothing_of_a_pending_request(
    blocked: PullRequest, ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    request = ask()
    seen = fence(rows_of(request))
    judge(report(deny=[f"{BLOCK}"], commit_sha="next"), at=LATER)
    assert approve(request, compliance_admin, seen=seen, at=LATER).status == "APPROVED"


def test_what_was_fixed_meanwhile_has_to_be_seen_first(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=[BLOCK, OTHER]), at=NOON)
    request = ask()
    judge(report(deny=[OTHER]), at=LATER)
    with pytest.raises(ViolationsChanged, match=r"R01 in src/a\.ts is no longer there"):
        approve(request, compliance_admin)
    approve(request, compliance_admin, seen=fence(rows_of(request)))
    judge(report(deny=[BLOCK, OTHER]), at=LATER + timedelta(hours=1))
    assert dict(Violation.objects.values_list("rule", "status")) == {"R01": "OPEN", "R02": "OVERRIDDEN"}


def test_where_nothing_is_left_there_is_nothing_to_approve(
    blocked: PullRequest, ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    request = ask()
    judge(report(), at=LATER)
    with pytest.raises(Conflict, match="nothing to approve"):
        approve(request, compliance_admin, seen=fence(rows_of(request)))


def test_other_violations_are_not_covered_however_alike(
    approved: OverrideRequest, judge: Judge, report: Report
) -> None:
    judge(report(deny=[BLOCK, BLOCK]), at=LATER)
    assert sorted(Violation.objects.values_list("status", flat=True)) == ["OPEN", "OVERRIDDEN"]
    assert verdict() == "BLOCKED"


def test_cover_survives_new_commits_while_the_violation_stays_the_same(
    approved: OverrideRequest, judge: Judge, report: Report
) -> None:
    for number in range(3):
        judge(report(deny=[BLOCK], commit_sha=f"commit-{number}"), at=LATER + timedelta(minutes=number))
        assert verdict() == "OVERRIDE_APPROVED"
    assert Check.objects.filter(rule="R01").order_by("-id").first().outcome == "OVERRIDE"  # type: ignore[union-attr]


def test_cover_ends_where_the_violation_grows_graver(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("OVERRIDE")), at=NOON)
    approve(ask(), compliance_admin)
    judge(report(deny=graver("BLOCK")), at=LATER)
    assert (Violation.objects.get().status, verdict()) == ("OPEN", "BLOCKED")


def test_a_rejection_needs_a_reason_and_changes_no_verdict(
    blocked: PullRequest, ask: Ask, compliance_admin: User
) -> None:
    request = ask()
    with pytest.raises(Invalid):
        reject_override(override_id=request.pk, reason=" ", by=compliance_admin, at=NOON)
    rejected = reject_override(override_id=request.pk, reason="Fix it.", by=compliance_admin, at=NOON)
    assert (rejected.status, rejected.rejection_reason, verdict()) == ("REJECTED", "Fix it.", "BLOCKED")


def test_a_revocation_uncovers_and_judges_anew(approved: OverrideRequest, tenant_admin: User) -> None:
    revoked = revoke_override(override_id=approved.pk, reason="The risk is higher.", by=tenant_admin, at=LATER)
    violation = Violation.objects.get()
    assert (revoked.status, revoked.ended_by_label) == ("REVOKED", tenant_admin.username)
    assert (verdict(), violation.status, violation.override_until, violation.override_reason) == (
        "BLOCKED",
        "OPEN",
        None,
        "",
    )


def test_what_another_override_covers_stays_covered(
    approved: OverrideRequest, ask: Ask, compliance_admin: User
) -> None:
    shorter = approve(ask(at=LATER), compliance_admin, at=LATER, expires_at=LATER + timedelta(days=2))
    assert Violation.objects.get().override_until == approved.expires_at
    revoke_override(override_id=approved.pk, reason="Too long.", by=compliance_admin, at=LATER)
    assert (Violation.objects.get().override_until, verdict()) == (shorter.expires_at, "OVERRIDE_APPROVED")


def test_a_revoked_cover_is_gone_when_its_pull_request_reopens(
    approved: OverrideRequest, compliance_admin: User
) -> None:
    pull = approved.pull_request
    set_state(pull.pk, state=PullState.CLOSED, by="ci", at=LATER)
    revoke_override(override_id=approved.pk, reason="It is closed.", by=compliance_admin, at=LATER)
    assert verdict() == "OVERRIDE_APPROVED"  # frozen as it was
    set_state(pull.pk, state=PullState.OPEN, by="ci", at=LATER)
    assert (verdict(), Violation.objects.get().status) == ("BLOCKED", "OPEN")


def test_a_false_positive_leaves_and_no_longer_counts(
    blocked: PullRequest, ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    request = approve(ask(kind=Kind.FALSE_POSITIVE), compliance_admin)
    violation = Violation.objects.get()
    assert (verdict(), violation.status, violation.resolution, violation.resolved_by, request.expires_at) == (
        "PASS",
        "RESOLVED",
        "FALSE_POSITIVE",
        compliance_admin.username,
        None,
    )
    evaluation = judge(report(deny=[BLOCK], commit_sha="next"), at=LATER)
    assert (verdict(), evaluation.score, evaluation.block_count) == ("PASS", 100, 0)
    assert Check.objects.get(evaluation=evaluation, rule="R01").outcome == "PASS"


def test_a_false_positive_that_is_found_graver_is_back(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("OVERRIDE")), at=NOON)
    approve(ask(kind=Kind.FALSE_POSITIVE), compliance_admin)
    judge(report(deny=graver("WARNING")), at=LATER)
    assert Violation.objects.get().resolution == "FALSE_POSITIVE"
    judge(report(deny=graver("BLOCK")), at=LATER + timedelta(hours=1))
    violation = Violation.objects.get()
    assert (violation.status, violation.severity, violation.resolution, verdict()) == ("OPEN", "BLOCK", "", "BLOCKED")
    assert Transition.objects.order_by("at", "id").last().cause == "severity_raised"  # type: ignore[union-attr]


def test_a_false_positive_is_revoked_as_it_was_approved(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    request = approve(ask(kind=Kind.FALSE_POSITIVE), compliance_admin)
    revoke_override(override_id=request.pk, reason="It is one after all.", by=compliance_admin, at=LATER)
    assert (verdict(), Violation.objects.get().status) == ("BLOCKED", "OPEN")


def test_an_older_approval_does_not_bring_back_what_a_newer_one_dismissed(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=graver("WARNING")), at=NOON)
    older = approve(ask(kind=Kind.FALSE_POSITIVE), compliance_admin)
    judge(report(deny=graver("BLOCK")), at=LATER)
    approve(ask(kind=Kind.FALSE_POSITIVE), compliance_admin, at=LATER)
    revoke_override(override_id=older.pk, reason="The newer one stays.", by=compliance_admin, at=LATER)
    assert Violation.objects.get().resolution == "FALSE_POSITIVE"

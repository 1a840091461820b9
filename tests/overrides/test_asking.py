"""Asking for an override: for what, why, how often."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.roles import Role
from compliance.models import Evaluation, PullRequest, TenantSettings, Version
from core.errors import Conflict, DomainError, Forbidden, Invalid, TooLarge, TooMany
from overrides.choices import Kind
from overrides.limits import MAX_EVIDENCE_BYTES
from overrides.models import OverriddenViolation, OverrideRequest
from overrides.services.asking import renew_override, withdraw_override
from overrides.services.deciding import approve_override, reject_override
from tenants.models import Tenant
from tests import factories
from tests.overrides.conftest import BLOCK, NOON, OTHER, REASON, WARNING, Ask, live, verdict

pytestmark = pytest.mark.django_db
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]


def refused(error: type[DomainError], call: Callable[[], Any]) -> DomainError:
    with pytest.raises(error) as caught:
        call()
    return caught.value


def test_a_request_names_its_violations_and_how_grave_they_are(
    ask: Ask, judge: Judge, report: Report, viewer: User
) -> None:
    judge(report(deny=[BLOCK], warn=[WARNING], changed_files=["src/a.ts", "src/c.ts"]))
    before = Version.numbers(["overrides"])
    request = ask(wished_until=NOON + timedelta(days=3))
    assert (request.status, request.requested_by, request.requested_by_label) == ("PENDING", viewer, viewer.username)
    assert set(request.items.values_list("rule", "file_path", "asked_severity", "approved_severity")) == {
        ("R01", "src/a.ts", "BLOCK", ""),
        ("R16", "src/c.ts", "WARNING", ""),
    }
    assert Version.numbers(["overrides"]) > before
    assert verdict() == "BLOCKED"


@pytest.mark.parametrize("reason", ["", "Because.", " " * 30, "nineteen characters", "x" * 4001, "x" * 30 + "\0"])
def test_a_reason_has_twenty_to_four_thousand_characters(blocked: PullRequest, ask: Ask, reason: str) -> None:
    assert list(refused(Invalid, lambda: ask(reason=reason)).errors) == ["reason"]
    assert not OverrideRequest.objects.exists()


def test_twenty_characters_are_enough(blocked: PullRequest, ask: Ask) -> None:
    assert ask(reason=f" {'x' * 20} ").reason == "x" * 20


def test_violations_are_of_one_pull_request(ask: Ask, judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    judge(report(deny=[BLOCK], pr_number=2))
    error = refused(Invalid, ask)
    assert (error.status, error.code) == (422, "several_pull_requests")


def test_violations_are_known(blocked: PullRequest, ask: Ask) -> None:
    assert "Unknown" in refused(Invalid, lambda: ask(violations=[*live(), uuid4()])).message
    assert "at least one" in refused(Invalid, lambda: ask(violations=[])).message


def test_what_is_fixed_needs_no_excuse(blocked: PullRequest, ask: Ask, judge: Judge, report: Report) -> None:
    violations = live()
    judge(report())
    assert "not live" in refused(Invalid, lambda: ask(violations=violations)).message


def test_what_is_pending_is_not_asked_for_again(blocked: PullRequest, ask: Ask, compliance_admin: User) -> None:
    first = ask()
    assert str(first.pk) in refused(Conflict, lambda: ask(by=compliance_admin)).message
    assert ask(kind=Kind.FALSE_POSITIVE).pk != first.pk


def test_more_than_what_is_pending_may_be_asked_for(ask: Ask, judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK, OTHER]))
    ask(violations=live()[:1])
    assert ask().items.count() == 2


def test_a_violation_that_is_named_twice_counts_once(blocked: PullRequest, ask: Ask) -> None:
    assert ask(violations=live() * 2).items.count() == 1


@pytest.mark.parametrize(("days", "fits"), [(30, True), (30.001, False), (0, False), (-1, False)])
def test_a_wished_end_is_ahead_and_within_the_tenants_maximum(
    blocked: PullRequest, ask: Ask, days: float, fits: bool
) -> None:
    until = NOON + timedelta(days=days)
    if fits:
        assert ask(wished_until=until).wished_until == until
    else:
        assert list(refused(Invalid, lambda: ask(wished_until=until)).errors) == ["expires_at"]


def test_the_tenant_sets_the_maximum(blocked: PullRequest, ask: Ask) -> None:
    TenantSettings(longest_override_days=2).save()
    assert "At most 2 days" in refused(Invalid, lambda: ask(wished_until=NOON + timedelta(days=3))).message


def test_a_false_positive_has_no_end(blocked: PullRequest, ask: Ask) -> None:
    refused(Invalid, lambda: ask(kind=Kind.FALSE_POSITIVE, wished_until=NOON + timedelta(days=1)))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.com", "ticket 7", "https://x" + "y" * 2000])
def test_evidence_is_a_web_address(blocked: PullRequest, ask: Ask, address: str) -> None:
    assert list(refused(Invalid, lambda: ask(evidence_url=address)).errors) == ["evidence_url"]


def test_a_file_is_kept_in_a_folder_of_the_tenant(blocked: PullRequest, ask: Ask, acme: Tenant) -> None:
    request = ask(evidence=SimpleUploadedFile("../../ticket.PDF", b"%PDF-1.7 ..."))
    path = str(request.evidence.name)
    assert (path.startswith(f"{acme.uuid}/evidence/{request.pk}/"), path[-4:]) == (True, ".pdf")
    with request.evidence.open() as kept:
        assert (kept.read(), request.evidence_name) == (b"%PDF-1.7 ...", "ticket.PDF")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>"),
        ("picture.svg", b"<svg/>"),
        ("noend", b"text"),
        ("not.pdf", b"MZ..."),
        ("not.png", b"%PDF-1.7"),
        ("not.txt", b"\x00\x01"),
        ("latin.txt", b"\xe4\xf6"),
    ],
)
def test_a_file_is_of_a_known_kind_and_what_it_says(blocked: PullRequest, ask: Ask, name: str, content: bytes) -> None:
    error = refused(Invalid, lambda: ask(evidence=SimpleUploadedFile(name, content)))
    assert list(error.errors) == ["evidence"]


def test_a_file_has_five_mebibytes_at_most(blocked: PullRequest, ask: Ask) -> None:
    large = SimpleUploadedFile("large.txt", b"x" * (MAX_EVIDENCE_BYTES + 1))
    assert "5 MiB" in refused(TooLarge, lambda: ask(evidence=large)).message


def test_ten_requests_an_hour(blocked: PullRequest, ask: Ask, viewer: User, compliance_admin: User) -> None:
    for minute in range(10):
        request = ask(at=NOON + timedelta(minutes=minute))
        withdraw_override(override_id=request.pk, by=viewer, at=NOON)
    error = refused(TooMany, lambda: ask(at=NOON + timedelta(minutes=20)))
    assert isinstance(error, TooMany)
    assert (error.status, error.wait) == (429, 40 * 60)
    assert ask(at=NOON + timedelta(minutes=20), by=compliance_admin).status == "PENDING"


def test_an_hour_later_one_may_ask_again(blocked: PullRequest, ask: Ask, viewer: User) -> None:
    for _ in range(10):
        withdraw_override(override_id=ask().pk, by=viewer, at=NOON)
    refused(TooMany, lambda: ask(at=NOON + timedelta(minutes=59, seconds=59)))
    assert ask(at=NOON + timedelta(hours=1)).status == "PENDING"


def test_a_ci_reporter_may_not_ask(blocked: PullRequest, ask: Ask) -> None:
    refused(Forbidden, lambda: ask(by=factories.user(Role.CI_REPORTER, password="correct horse")))


def test_who_has_lost_the_role_or_the_account_may_not_ask(blocked: PullRequest, ask: Ask, viewer: User) -> None:
    assert viewer.has_perm("overrides.add_overriderequest")
    viewer.groups.clear()
    refused(Forbidden, ask)


def test_only_who_asked_withdraws_and_only_in_time(
    blocked: PullRequest, ask: Ask, viewer: User, compliance_admin: User
) -> None:
    request = ask()
    refused(Forbidden, lambda: withdraw_override(override_id=request.pk, by=compliance_admin, at=NOON))
    assert withdraw_override(override_id=request.pk, by=viewer, at=NOON).status == "WITHDRAWN"
    error = refused(Conflict, lambda: withdraw_override(override_id=request.pk, by=viewer, at=NOON))
    assert error.message == f"It is withdrawn by {viewer.username} already."


def test_a_renewal_asks_for_what_is_left(
    ask: Ask, judge: Judge, report: Report, viewer: User, compliance_admin: User
) -> None:
    judge(report(deny=[BLOCK, OTHER]), at=NOON)
    first = approve_override(override_id=ask().pk, by=compliance_admin, at=NOON)
    judge(report(deny=[OTHER, "HARD STOP [Security/R01]: another in src/z.ts"]), at=NOON + timedelta(hours=1))
    again = renew_override(override_id=first.pk, by=viewer, at=NOON + timedelta(days=25))
    assert (again.status, again.renews, again.reason) == ("PENDING", first, REASON)
    assert [item.rule for item in again.items.all()] == ["R02"]


def test_what_was_never_approved_cannot_be_renewed(
    blocked: PullRequest, ask: Ask, viewer: User, compliance_admin: User
) -> None:
    request = reject_override(override_id=ask().pk, reason="Fix it instead.", by=compliance_admin, at=NOON)
    assert refused(Conflict, lambda: renew_override(override_id=request.pk, by=viewer, at=NOON)).code == "not_renewable"


def test_nothing_of_a_request_that_fails_is_kept(blocked: PullRequest, ask: Ask, settings: Any) -> None:
    ask()
    refused(Conflict, lambda: ask(evidence=SimpleUploadedFile("ticket.pdf", b"%PDF-")))
    assert OverriddenViolation.objects.count() == 1

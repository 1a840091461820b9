"""Overrides in the admin: asking, deciding, and what the pages show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Violation
from overrides.models import OverrideRequest
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override
from tests.admin.pages import list_of, page_of, text_of
from tests.overrides.conftest import BLOCK, OTHER, REASON, live, verdict

pytestmark = pytest.mark.django_db
ASK = "/admin/overrides/overriderequest/ask/"
DECIDE = "/admin/overrides/overriderequest/decide/"
LIST = "/admin/overrides/overriderequest/"


@pytest.fixture
def pull(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> PullRequest:
    """Blocked by two violations, as of now."""
    return judge(report(deny=[BLOCK, OTHER])).pull_request


@pytest.fixture
def asking(browser_for: Callable[..., Client], viewer: User) -> Client:
    return browser_for(viewer)


@pytest.fixture
def deciding(browser_for: Callable[..., Client], compliance_admin: User) -> Client:
    return browser_for(compliance_admin)


@pytest.fixture
def asked(pull: PullRequest, viewer: User) -> OverrideRequest:
    return request_override(violations=live(), reason=REASON, by=viewer, at=timezone.now())


def post(browser: Client, override: OverrideRequest, verb: str, **fields: Any) -> str:
    """Press a button of the page; what is said then."""
    address = reverse(f"admin:overrides_overriderequest_{verb}", args=[override.pk])
    return text_of(browser.post(address, fields, follow=True))


def seen_by(browser: Client, override: OverrideRequest) -> str:
    return str(browser.get(page_of(override)).context["approve_form"].initial["seen"])


def test_one_asks_from_a_violations_page(pull: PullRequest, asking: Client) -> None:
    violation = Violation.objects.order_by("id")[0]
    page = asking.get(page_of(violation))
    response = asking.get(page.context["ask_page"])
    assert [row["violation"] for row in response.context["rows"]] == [violation]


def test_one_asks_for_all_that_live_on_a_pull_request(pull: PullRequest, asking: Client) -> None:
    response = asking.get(asking.get(page_of(pull)).context["ask_page"])
    form = {"chosen": [str(row["violation"].pk) for row in response.context["rows"]], "reason": REASON}
    told = text_of(asking.post(ASK, {**form, "kind": "OVERRIDE", "rest": ""}, follow=True))
    assert "Somebody else has to decide it." in told
    assert OverrideRequest.objects.get().items.count() == 2


def test_one_asks_for_what_was_selected_in_the_list(pull: PullRequest, asking: Client) -> None:
    selected = {"action": "ask_for_overrides", "_selected_action": [str(live()[0])]}
    response = asking.post(list_of("compliance_violation"), selected)
    assert [row["violation"].pk for row in response.context["rows"]] == live()[:1]


def test_what_was_selected_has_to_be_of_one_pull_request(
    pull: PullRequest, asking: Client, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    judge(report(deny=[BLOCK], pr_number=2))
    selected = {"action": "ask_for_overrides", "_selected_action": [str(key) for key in live()]}
    assert "of one pull request" in text_of(asking.post(list_of("compliance_violation"), selected, follow=True))


def test_what_is_refused_is_said_on_the_form_and_nothing_typed_is_lost(pull: PullRequest, asking: Client) -> None:
    form = {"chosen": [str(key) for key in live()], "reason": "Too short.", "kind": "OVERRIDE", "rest": ""}
    response = asking.post(ASK, form | {"wished_until": "2020-01-01T00:00"})
    assert "Say why, in 20 to 4,000 characters." in text_of(response)
    assert (response.context["form"]["reason"].value(), len(response.context["rows"])) == ("Too short.", 2)


def test_a_file_is_brought_along_and_saved_by_who_may_read(pull: PullRequest, asking: Client, deciding: Client) -> None:
    file = SimpleUploadedFile("ticket.pdf", b"%PDF-1.7 ...", content_type="text/html")
    form = {"chosen": [str(live()[0])], "reason": REASON, "kind": "OVERRIDE", "rest": "", "evidence": file}
    asking.post(ASK, form)
    address = reverse("admin:overrides_overriderequest_evidence", args=[OverrideRequest.objects.get().pk])
    response: Any = deciding.get(address)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 ..."
    assert response["Content-Disposition"] == 'attachment; filename="ticket.pdf"'
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert "sandbox" in response["Content-Security-Policy"]
    response.close()
    assert Client(headers={"host": "acme.localhost"}).get(address).status_code == 302


def test_the_page_is_the_whole_picture(asked: OverrideRequest, deciding: Client) -> None:
    response = deciding.get(page_of(asked))
    told = text_of(response)
    assert (response.context["verdict"].text, response.context["verdict_after"].text) == (
        "Blocked",
        "Override approved",
    )
    assert all(text in told for text in (REASON, BLOCK, OTHER, "Earlier overrides", "Approve", "Reject"))


def test_earlier_overrides_of_the_same_rule_and_file_are_shown(
    asked: OverrideRequest,
    deciding: Client,
    viewer: User,
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
) -> None:
    judge(report(deny=[BLOCK], pr_number=2))
    other = request_override(violations=live()[-1:], reason=REASON, by=viewer, at=timezone.now())
    shown = deciding.get(page_of(other)).context["earlier"]
    assert [row["override"] for row in shown] == [asked]


def test_approving_covers_and_judges_anew(asked: OverrideRequest, deciding: Client) -> None:
    told = post(deciding, asked, "approve", seen=seen_by(deciding, asked), note="Fine.")
    assert "Approved." in told
    assert verdict() == "OVERRIDE_APPROVED"


def test_what_changed_since_the_page_was_opened_is_looked_at_again(
    asked: OverrideRequest, deciding: Client, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    seen = seen_by(deciding, asked)
    judge(report(deny=[BLOCK], commit_sha="next"))
    assert "Look at it again before you decide." in post(deciding, asked, "approve", seen=seen)
    assert "1 violation changed since" in text_of(deciding.get(page_of(asked)))


def test_rejecting_revoking_and_withdrawing(asked: OverrideRequest, deciding: Client, asking: Client) -> None:
    assert "Reason" in post(deciding, asked, "reject", reason="").title()
    assert "Withdrawn." in post(asking, asked, "withdraw")
    assert "already" in post(deciding, asked, "reject", reason="Fix it.")


def test_an_approved_override_is_revoked_on_its_page(asked: OverrideRequest, deciding: Client) -> None:
    post(deciding, asked, "approve", seen=seen_by(deciding, asked))
    assert "Revoked." in post(deciding, asked, "revoke", reason="It is worse than we thought.")
    assert verdict() == "BLOCKED"


def test_one_click_asks_for_renewal(asked: OverrideRequest, deciding: Client, asking: Client) -> None:
    post(deciding, asked, "approve", seen=seen_by(deciding, asked))
    assert "this is the new request" in post(asking, asked, "renew")
    assert OverrideRequest.objects.get(status="PENDING").renews == asked


def test_who_asked_is_told_that_somebody_else_decides(
    pull: PullRequest, deciding: Client, compliance_admin: User
) -> None:
    own = request_override(violations=live(), reason=REASON, by=compliance_admin, at=timezone.now())
    response = deciding.get(page_of(own))
    assert "somebody else has to decide it" in text_of(response)
    assert "approve_form" not in response.context
    assert "somebody else has to decide it" in post(deciding, own, "approve")
    assert verdict() == "BLOCKED"


def test_a_viewer_sees_no_buttons_and_presses_none(asked: OverrideRequest, asking: Client) -> None:
    assert "approve_form" not in asking.get(page_of(asked)).context
    for verb in ("approve", "reject", "revoke"):
        address = reverse(f"admin:overrides_overriderequest_{verb}", args=[asked.pk])
        assert asking.post(address, {"reason": REASON}).status_code == 403
    assert asking.post(DECIDE, {"verb": "approve", "override": [str(asked.pk)], "reason": REASON}).status_code == 403


def test_an_approver_whose_session_is_over_signs_in_first(asked: OverrideRequest, deciding: Client) -> None:
    seen = seen_by(deciding, asked)
    deciding.session.flush()
    response = deciding.post(reverse("admin:overrides_overriderequest_approve", args=[asked.pk]), {"seen": seen})
    assert (response.status_code, "/admin/login/" in response["Location"]) == (302, True)
    assert verdict() == "BLOCKED"


def test_an_approver_whose_role_was_taken_away_decides_nothing(
    asked: OverrideRequest, deciding: Client, compliance_admin: User
) -> None:
    seen = seen_by(deciding, asked)
    compliance_admin.groups.clear()
    response = deciding.post(reverse("admin:overrides_overriderequest_approve", args=[asked.pk]), {"seen": seen})
    assert (response.status_code, verdict()) == (403, "BLOCKED")


def test_several_are_decided_with_one_reason_and_each_has_its_outcome(
    deciding: Client,
    viewer: User,
    compliance_admin: User,
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
) -> None:
    for number in (1, 2, 3):
        judge(report(deny=[BLOCK], pr_number=number))
    people = [viewer, compliance_admin, viewer]
    requests = [
        request_override(violations=[key], reason=REASON, by=by, at=timezone.now())
        for key, by in zip(live(), people, strict=True)
    ]
    chosen = {"_selected_action": [str(request.pk) for request in requests]}
    page = deciding.post(LIST, chosen | {"action": "approve_selected"})
    form = {f"seen_{row['override'].pk}": row["seen"] for row in page.context["rows"]}
    judge(report(deny=[], pr_number=3))
    form |= {"verb": "approve", "override": chosen["_selected_action"], "reason": "As agreed on Monday."}
    outcomes = deciding.post(DECIDE, form).context["outcomes"]
    assert [row["message"] for row in outcomes] == [
        "",
        "You asked for this yourself: somebody else has to decide it.",
        "Its violations have changed since you saw them. Look at it again before you decide.",
    ]
    statuses = OverrideRequest.objects.order_by("id").values_list("status", "note")
    assert list(statuses) == [("APPROVED", "As agreed on Monday."), ("PENDING", ""), ("PENDING", "")]


def test_several_are_rejected_with_one_reason(asked: OverrideRequest, deciding: Client) -> None:
    form = {"verb": "reject", "override": [str(asked.pk), "nonsense"], "reason": ""}
    assert "This field is required." in text_of(deciding.post(DECIDE, form))
    deciding.post(DECIDE, form | {"reason": "Not before the audit."})
    assert OverrideRequest.objects.get().rejection_reason == "Not before the audit."


def test_the_list_is_filtered_by_what_ends_soon(
    asked: OverrideRequest, deciding: Client, compliance_admin: User
) -> None:
    now = timezone.now()
    approve_override(override_id=asked.pk, by=compliance_admin, at=now, expires_at=now + timedelta(days=3))
    found = [
        len(deciding.get(LIST, query).context["cl"].result_list)
        for query in ({}, {"ends": "7"}, {"ends": "1"}, {"standing": "APPROVED"}, {"standing": "PENDING"})
    ]
    assert found == [1, 1, 0, 1, 0]
    assert "Ends soon" in text_of(deciding.get(page_of(asked)))


@pytest.mark.parametrize("path", ["ask/?violation=nonsense", "ask/?pull=nonsense", "ask/"])
def test_nonsense_names_nothing(path: str, pull: PullRequest, asking: Client) -> None:
    assert "There is no live violation to ask about." in text_of(asking.get(f"{LIST}{path}"))

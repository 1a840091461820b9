"""What webhooks say, read strictly."""

from datetime import UTC, datetime
from typing import Any

import pytest

from compliance.choices import Verdict
from compliance.codehost import github_events, gitlab_events
from compliance.codehost.clients import State
from compliance.codehost.events import MergeGroupEvent, PullEvent
from compliance.codehost.wording import Told, comment_of, description_of, worst
from compliance.score import Counts
from core.errors import Invalid
from tests.codehost.payloads import merge_group, merge_request, pull_request


@pytest.mark.parametrize("base", ["main", "release/1.2", "gh-readonly-queue/main/pr-1-aaaaaaa"])
def test_a_merge_queues_branch_names_its_pull_request(base: str) -> None:
    event = github_events.read_event("merge_group", merge_group("checks_requested", base=base, number=42))
    assert isinstance(event, MergeGroupEvent)
    assert (event.number, event.base_branch, event.wanted) == (42, base, True)


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "gh-readonly-queue/main/pr-0-aaaaaaa", "gh-readonly-queue/main/pr-99999999999-aaaaaaa"]
)
def test_a_branch_of_another_kind_is_no_merge_queues(ref: str) -> None:
    body = merge_group("checks_requested")
    body["merge_group"]["head_ref"] = ref
    assert github_events.read_event("merge_group", body) is None


@pytest.mark.parametrize("spelt", ["2026-11-23 09:00:00 UTC", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00.000+01:00"])
def test_gitlabs_times_are_read_however_they_are_spelt(spelt: str) -> None:
    event = gitlab_events.read_event("Merge Request Hook", merge_request("open", "opened", updated_at=spelt))
    assert isinstance(event, PullEvent)
    assert event.updated_at == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("body", [[], "text", 7, None, {"action": "opened", "pull_request": []}])
def test_what_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(Invalid):
        github_events.read_event("pull_request", body)


def test_a_merged_pull_request_says_so() -> None:
    event = github_events.read_event("pull_request", pull_request("closed", merged=True))
    assert isinstance(event, PullEvent)
    assert event.state == "merged"


def told(verdict: str, *codes: str, message: str = "A message.") -> Told:
    reasons = [(code, message, "A remedy.") for code in codes]
    return Told(Verdict(verdict), 90, 70, Counts(1, 0, 2), reasons, "https://acme.localhost/x", "acme/shop#7")


@pytest.mark.parametrize(
    ("verdict", "codes", "state"),
    [
        ("PASS", [], "success"),
        ("OVERRIDE_APPROVED", ["override_approved"], "success"),
        ("BLOCKED", ["block_violation"], "failure"),
        ("INCOMPLETE", ["policy_unknown"], "failure"),
        ("BELOW_THRESHOLD", ["below_threshold"], "failure"),
        ("PENDING", ["not_judged"], "pending"),
        ("PENDING", ["report_queued", "not_judged"], "running"),
        ("PENDING", ["report_failed"], "failure"),
        ("PENDING", ["report_queued", "report_failed"], "running"),
    ],
)
def test_every_verdict_has_a_state(verdict: str, codes: list[str], state: str) -> None:
    assert told(verdict, *codes).state == state


def test_failure_is_told_before_success() -> None:
    assert worst([told("PASS"), told("BLOCKED"), told("PENDING")]).state == State.FAILURE


def test_a_description_fits() -> None:
    assert description_of(told("BLOCKED")) == "Blocked: score 90, 70 needed; 1 BLOCK, 2 WARNING"
    assert len(description_of(told("PENDING", "report_failed", message="x\n" * 500))) == 140


@pytest.mark.parametrize(
    "message",
    ["@acme/everyone `code` ``` fence", "<script>alert(1)</script>", "[x](javascript:1)\n# Title\n- list", "`"],
)
def test_what_reports_say_stays_in_a_code_span(message: str) -> None:
    comment = comment_of(told("BLOCKED", "block_violation", message=message), marker="<!-- m -->")
    (bullet,) = [line for line in comment.splitlines() if line.startswith("- ")]
    fence = bullet[2 : len(bullet) - len(bullet[2:].lstrip("`"))]
    inside = bullet.removesuffix("  ")[2 + len(fence) : -len(fence)]
    assert set(fence) == {"`"}
    assert fence not in inside
    assert " ".join(message.split()) in inside


def test_a_comment_of_many_reasons_names_some_and_counts_the_rest() -> None:
    comment = comment_of(told("BLOCKED", *["block_violation"] * 50, message="x" * 9000), marker="<!-- m -->")
    assert "- … and 30 more" in comment
    assert len(comment) < 65_536

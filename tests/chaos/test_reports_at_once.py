"""Reports that come together: each is judged once, and one that comes twice is one report."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from compliance.models import Check, Evaluation, Submission, Violation
from operations.demo.reports import read_result, report_body, result_files
from tests.chaos.inboxes import waiting
from tests.compliance.reference import reference
from tests.running import Answer, RunningSite, wait_until

pytestmark = pytest.mark.long

Report = Callable[..., dict[str, Any]]
AT_ONCE = 8
KINDS = ("BLOCK", "OVERRIDE", "WARNING")


@pytest.fixture
def real_reports() -> list[bytes]:
    """The reference results as the CI of acme/shop would post them."""
    return [report_body(read_result(path), repository="acme/shop") for path in result_files(reference("opa-results"))]


@pytest.fixture
def expected() -> dict[int, dict[str, Any]]:
    """What a right reading finds, by pull request."""
    lines = reference("opa-results-expected.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["pr_number"]: entry for entry in map(json.loads, lines)}


def post_all(site: RunningSite, bodies: list[bytes], token: str) -> list[Answer]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda body: site.post("acme", body, token), bodies))


def as_expected(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation and what it left, in the words of the expectation."""
    pull = evaluation.pull_request
    found = Counter(Violation.objects.filter(pull_request=pull).live().values_list("rule_id", "severity"))
    by_rule: dict[str, dict[str, int]] = {}
    for (rule, severity), count in found.items():
        by_rule.setdefault(rule, {})[severity] = count
    counts = [evaluation.block_count, evaluation.override_count, evaluation.warning_count]
    return {
        "pr_number": pull.number,
        "by_rule": by_rule,
        "findings": sum(Check.objects.filter(evaluation=evaluation).values_list("count", flat=True)),
        "score": evaluation.score,
        **{f"{kind.lower()}_count": count for kind, count in zip(KINDS, counts, strict=True)},
    }


def test_real_reports_at_once_are_each_judged_once_and_rightly(
    site: RunningSite, tokens: dict[str, str], real_reports: list[bytes], expected: dict[int, dict[str, Any]]
) -> None:
    site.run_only("worker", "urgent", "inbox")
    answers = post_all(site, real_reports, tokens["acme"])
    assert [answer.status for answer in answers] == [202] * 60
    wait_until(lambda: not waiting(), within=60, what="every report is judged")
    assert list(Submission.objects.values_list("status", "attempts")) == [("done", 1)] * 60
    evaluations = list(Evaluation.objects.select_related("pull_request"))
    assert len(evaluations) == 60
    for judged in map(as_expected, evaluations):
        assert judged == {name: expected[judged["pr_number"]][name] for name in judged}
    again = post_all(site, real_reports, tokens["acme"])
    assert [(answer.status, answer.document["duplicate"]) for answer in again] == [(200, True)] * 60
    assert [answer.document["id"] for answer in again] == [answer.document["id"] for answer in answers]
    assert Submission.objects.count() == Evaluation.objects.count() == 60


def test_the_same_report_posted_by_eight_at_once_is_one_report(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    body = json.dumps(report()).encode()
    answers = post_all(site, [body] * AT_ONCE, tokens["acme"])
    statuses = Counter((answer.status, answer.document["duplicate"]) for answer in answers)
    assert statuses == {(202, False): 1, (200, True): AT_ONCE - 1}
    assert {answer.document["id"] for answer in answers} == {str(Submission.objects.get().pk)}


def test_runs_of_one_pull_request_at_once_leave_the_newest(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    site.run_only("worker", "urgent", "inbox")
    bodies = [
        report(run_started_at=f"2026-11-23T09:{minute:02}:00Z", deny=[f"HARD STOP [Security/R01]: found by {minute}"])
        for minute in range(24)
    ]
    post_all(site, [json.dumps(body).encode() for body in reversed(bodies)], tokens["acme"])
    wait_until(lambda: not waiting(), within=60, what="every report is judged")
    assert list(Submission.objects.values_list("status", "attempts")) == [("done", 1)] * 24
    assert Evaluation.objects.count() == 24
    assert [violation.message for violation in Violation.objects.live()] == [
        bodies[-1]["results"]["security"]["deny"][0]
    ]

"""The pages of trends, of a rule and of what if: what they say, to whom, and in how many queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Rule, TenantSettings
from compliance.services.pulls import set_state
from compliance.services.trends import refresh_trends
from tests.api.reading import Body, finding, findings

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]
TRENDS, RULE, WHAT_IF = "/admin/trends/", "/admin/rules/R01/", "/admin/what-if/"
TERMS = {"block_weight": 10, "override_weight": 3, "warning_weight": 1, "threshold": 70, "require_complete": "on",
         "override_waives_threshold": "on"}  # fmt: skip


@pytest.fixture
def browser(viewer: User, browser_for: Callable[..., Client]) -> Client:
    """A viewer's browser."""
    return browser_for(viewer)


def page(browser: Client, address: str, **question: Any) -> str:
    """What a page says."""
    response = browser.get(address, question)
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def statements(browser: Client, address: str, **question: Any) -> int:
    """How many it takes; entering the tenant's schema is not counted."""
    page(browser, address, **question)
    with CaptureQueriesContext(connection) as captured:
        page(browser, address, **question)
    return sum(not query["sql"].startswith("SET ") for query in captured)


def lines(browser: Client, address: str, name: str, **question: Any) -> list[list[str]]:
    """A chart's file."""
    return [line.split(",") for line in page(browser, address, csv=name, **question).splitlines()]


def turned(text: str) -> str:
    """The sentence that says what would turn."""
    return " ".join(text.split("<h2>")[2].split("</h2>")[0].split())


def test_trends_are_the_days_that_were_counted(browser: Client, judge: Judge, report: Report) -> None:
    at = timezone.now()
    judge(report(deny=findings(3)), at=at - timedelta(days=1))
    judge(report(deny=findings(1)), at=at)
    refresh_trends(at=at)
    assert [row[1:] for row in lines(browser, TRENDS, "flow")] == [["New", "Resolved"], ["3", "0"], ["0", "2"]]
    assert [row[1:] for row in lines(browser, TRENDS, "open")] == [["Open", "Overridden"], ["3", "0"], ["1", "0"]]
    assert [row[0] for row in lines(browser, TRENDS, "heatmap")[1:]] == ["R01"]
    assert lines(browser, TRENDS, "repositories")[1][:1] == ["acme/shop"]


def test_trends_of_one_repository_leave_the_others_out(browser: Client, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(3)))
    judge(report(deny=findings(2), repository="acme/api"))
    refresh_trends(at=timezone.now())
    assert lines(browser, TRENDS, "flow", repository="acme/api")[1][1] == "2"
    assert "By repository" not in page(browser, TRENDS, repository="acme/api")


def test_before_anything_was_counted_a_page_says_what_to_do(browser: Client) -> None:
    assert "No day was counted yet" in page(browser, TRENDS)
    assert "Nothing to show yet" in page(browser, RULE)


@pytest.mark.parametrize("question", [{"range": "8"}, {"interval": "month"}, {"repository": "no/such"}])
def test_what_cannot_be_shown_is_said(browser: Client, question: dict[str, str]) -> None:
    assert browser.get(TRENDS, question).status_code in (404, 422)


def test_a_rule_says_what_its_endpoint_says(browser: Client, judge: Judge, report: Report) -> None:
    at = timezone.now()
    judge(report(deny=findings(3), author="kim"), at=at - timedelta(hours=2))
    judge(report(deny=findings(2), author="kim"), at=at)
    refresh_trends(at=at)
    Rule.objects.filter(pk="R01").update(runbook_url="https://wiki.example.com/R01")
    text = page(browser, RULE)
    detail = browser.get("/api/compliance/rule/R01").json()
    assert detail["mean_hours_to_resolution"] == 2.0
    assert "2.0 hours" in text
    for said in (detail["description"], detail["remediation"], detail["runbook_url"]):
        assert said.replace("'", "&#x27;") in text
    for pattern in ("files", "repositories", "authors", "messages"):
        assert all(row["name"] in text for row in detail["patterns"][pattern])
    assert detail["patterns"]["messages"] == [{"name": "R01 is violated in …", "violations": 3}]


def test_an_unknown_rule_has_no_page(browser: Client) -> None:
    assert browser.get("/admin/rules/R99/").status_code == 404


def test_a_higher_threshold_stops_what_may_merge_now(browser: Client, judge: Judge, report: Report) -> None:
    for number, count in enumerate((0, 2, 12), start=1):
        judge(report(pr_number=number, deny=[finding("R13", file=f"{n}.ts") for n in range(count)]))
    text = page(browser, WHAT_IF, **TERMS | {"threshold": 95})
    assert turned(text) == "Of 3 pull requests, 1 would newly be stopped and 0 freed."
    assert "acme/shop#2" in text
    assert "acme/shop#1<" not in text
    assert TenantSettings.current().threshold == 70


def test_a_rule_that_is_only_observed_frees_what_it_stops(browser: Client, judge: Judge, report: Report) -> None:
    judge(report(pr_number=1, deny=[finding("R01")]))
    judge(report(pr_number=2, deny=[finding("R01"), finding("R02")]))
    judge(report(pr_number=3, deny=[finding("R01")]), at=timezone.now() - timedelta(days=31))
    text = page(browser, WHAT_IF, **TERMS, rule="R01", enforcement="observe")
    assert turned(text) == "Of 2 pull requests, 0 would newly be stopped and 1 freed."


def test_pull_requests_that_have_ended_are_judged_as_they_stood(browser: Client, judge: Judge, report: Report) -> None:
    judge(report(pr_number=1, deny=[finding("R13")]))
    set_state(PullRequest.objects.get().pk, state="merged", by="kim", at=timezone.now())  # type: ignore[arg-type]
    text = page(browser, WHAT_IF, **TERMS, rule="R13", tier="BLOCK")
    assert turned(text) == "Of 1 pull requests, 1 would newly be stopped and 0 freed."


def test_looking_saves_nothing_and_saving_is_for_who_may(
    browser: Client, compliance_admin: User, browser_for: Callable[..., Client]
) -> None:
    asked = TERMS | {"threshold": 80, "rule": "R13", "tier": "WARNING"}
    assert browser.post(WHAT_IF, asked).status_code == 403
    assert (TenantSettings.current().threshold, Rule.objects.get(pk="R13").tier) == (70, "OVERRIDE")
    assert browser_for(compliance_admin).post(WHAT_IF, asked).status_code == 302
    assert (TenantSettings.current().threshold, Rule.objects.get(pk="R13").tier) == (80, "WARNING")


def test_terms_that_make_no_sense_are_named(browser: Client) -> None:
    text = page(browser, WHAT_IF, **TERMS | {"threshold": 101})
    assert "less than or equal to 100" in text
    assert "pull requests," not in text


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_the_same_queries_whatever_there_is(
    browser: Client, judge: Judge, report: Report, count: int
) -> None:
    for number in range(1, count + 1):
        judge(report(pr_number=number, repository=f"acme/{number}", deny=findings(number)))
    refresh_trends(at=timezone.now())
    asked = TERMS | {"threshold": 95, "rule": "R01", "tier": "WARNING"}
    taken = (statements(browser, TRENDS), statements(browser, RULE), statements(browser, WHAT_IF, **asked))
    assert taken == (11, 12, 11)

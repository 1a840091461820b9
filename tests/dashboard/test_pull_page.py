"""A pull request's page: what stands in the way, where, and what has happened."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.choices import PullState
from compliance.models import Evaluation, PullRequest, Repository
from compliance.services.pulls import set_state
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override
from tests.admin.pages import page_of, taking, text_of
from tests.api.reading import finding, findings

Judge = Callable[..., Evaluation]
Report = Callable[..., Any]
REASON = "The vendor mends it in December."


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User) -> Client:
    """A viewer's browser that has opened a page before."""
    browser = browser_for(viewer)
    browser.get("/admin/password_change/")
    return browser


def past_of(pull: PullRequest) -> str:
    """Where the history is asked for."""
    return reverse("admin:compliance_pullrequest_past", args=[pull.pk])


def test_violations_stand_file_by_file_the_gravest_first(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(
        report(deny=[finding(file="src/b.ts", line=9), finding(file="src/b.ts", line=3)], warn=[finding("R02")])
    ).pull_request
    files = browser.get(page_of(pull)).context["files"]
    shown = [(file["path"], [row["violation"].line for row in file["rows"]]) for file in files]
    assert shown == [("src/b.ts", [3, 9]), ("src/a.ts", [None])]


def test_each_line_leads_to_the_code_at_its_commit(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report(commit_sha="abc123", deny=[finding(line=7)])).pull_request
    Repository.objects.update(web_url="https://git.example.com/acme/shop")
    page = browser.get(page_of(pull)).content.decode()
    assert 'href="https://git.example.com/acme/shop/blob/abc123/src/a.ts#L7"' in page


def test_what_would_let_it_through_is_said_once(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report(deny=findings(3))).pull_request
    response = browser.get(page_of(pull))
    [step] = response.context["steps"]
    assert (step["remedy"][:6], step["number"], step["rules"]) == ("Fix it", 3, ["R01"])
    assert 'id="fix-R01"' in response.content.decode()


def test_what_may_be_merged_needs_nothing(browser: Client, judge: Judge, report: Report) -> None:
    response = browser.get(page_of(judge(report()).pull_request))
    assert (response.context["steps"], response.context["files"]) == ([], [])


def test_a_huge_pull_request_shows_its_gravest_and_leads_to_the_rest(
    browser: Client, judge: Judge, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.admin.pulls.SHOWN_VIOLATIONS", 2)
    monkeypatch.setattr("compliance.admin.pull_page.SHOWN_VIOLATIONS", 2)
    pull = judge(report(warn=findings(3), deny=[finding(file="src/z.ts")])).pull_request
    response = browser.get(page_of(pull))
    assert [file["path"] for file in response.context["files"]] == ["src/z.ts", "src/0.ts"]
    assert "These are the gravest 2." in text_of(response)
    assert len(browser.get(response.context["violations_page"]).context["cl"].result_list) == 4


def test_its_history_has_scores_and_everything_in_the_order_of_time(
    browser: Client, judge: Judge, report: Report, viewer: User, tenant_admin: User
) -> None:
    pull = judge(report(deny=[finding()])).pull_request
    keys = list(pull.violations.values_list("pk", flat=True))
    asked = request_override(violations=keys, reason=REASON, by=viewer, at=timezone.now())
    approve_override(override_id=asked.pk, by=tenant_admin, at=timezone.now())
    judge(report(deny=[finding()]))
    set_state(pull.pk, state=PullState.MERGED, by="kim", at=timezone.now())
    response = browser.get(past_of(pull))
    kinds = [row["step"].kind for row in reversed(response.context["timeline"])]
    assert (kinds[0], kinds[-1]) == ("evaluation", "host")
    assert sorted(set(kinds)) == ["alert", "evaluation", "host", "override"]
    assert f"Override approved by {tenant_admin.username}" in text_of(response)
    assert len(response.context["chart"].table.rows) == 2


def test_an_approved_override_is_news_to_the_page(
    browser: Client, judge: Judge, report: Report, viewer: User, tenant_admin: User
) -> None:
    pull = judge(report(deny=[finding()])).pull_request
    asking = {"HX-Request": "true", "If-None-Match": browser.get(page_of(pull))["ETag"]}
    assert browser.get(page_of(pull), headers=asking).status_code == 304
    keys = list(pull.violations.values_list("pk", flat=True))
    asked = request_override(violations=keys, reason=REASON, by=viewer, at=timezone.now())
    approve_override(override_id=asked.pk, by=tenant_admin, at=timezone.now())
    news = browser.get(page_of(pull), headers=asking)
    assert "Override approved May be merged" in text_of(news)


@pytest.mark.parametrize("number", [1, 3])
def test_page_and_history_take_as_many_queries_for_three_as_for_one(
    number: int, browser: Client, judge: Judge, report: Report, viewer: User
) -> None:
    for _ in range(number):
        pull = judge(report(deny=findings(number))).pull_request
    for key in pull.violations.values_list("pk", flat=True):
        request_override(violations=[key], reason=REASON, by=viewer, at=timezone.now())
    with taking(12):
        browser.get(page_of(pull))
    with taking(11):
        browser.get(past_of(pull))


def test_nobody_edits_a_pull_request_here(
    browser_for: Callable[..., Client], tenant_admin: User, judge: Judge, report: Report
) -> None:
    pull = judge(report()).pull_request
    browser = browser_for(tenant_admin)
    assert browser.post(page_of(pull), {"title": "x"}).status_code == 403
    assert browser.post(past_of(pull)).status_code == 405

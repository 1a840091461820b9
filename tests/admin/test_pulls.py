"""Pull requests and repositories in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Repository, Submission, Version
from tests.admin.pages import filled_in, list_of, page_of, text_of

LIST = list_of("compliance_pullrequest")
R01 = "HARD STOP [Security/R01]: no tenant in apps/a.ts"

Judge = Callable[..., Evaluation]
Report = Callable[..., Any]


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User) -> Client:
    """A viewer's browser."""
    return browser_for(viewer)


def verdicts_of(browser: Client) -> list[str]:
    """The verdicts that the list shows."""
    return [row.current_verdict for row in browser.get(LIST).context["cl"].result_list]


def test_a_blocked_pull_request_says_why_and_what_would_help(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report(deny=[R01])).pull_request
    text = text_of(browser.get(page_of(pull)))
    for told in (
        "Blocked",
        "May not be merged",
        "Score 90",
        "Threshold 70",
        R01,
        "Fix it, or have an override approved",
    ):
        assert told in text


def test_a_clean_pull_request_may_be_merged(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report()).pull_request
    text = text_of(browser.get(page_of(pull)))
    assert "May be merged" in text
    assert "Nothing stands in the way." in text


def test_the_breakdown_links_the_violations_of_each_rule(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report(deny=[R01, R01 + " again"])).pull_request
    response = browser.get(page_of(pull))
    [row] = response.context["breakdown"]
    assert (row["rule"], row["total"], row["open"]) == ("R01", 2, 2)
    assert len(browser.get(row["violations_page"]).context["cl"].result_list) == 2


def test_list_and_page_say_pending_while_a_report_waits(
    browser: Client, judge: Judge, submit: Callable[..., Submission], report: Report
) -> None:
    pull = judge(report()).pull_request
    assert verdicts_of(browser) == ["PASS"]
    submit(report())
    assert verdicts_of(browser) == ["PENDING"]
    assert "1 report is waiting to be judged." in text_of(browser.get(page_of(pull)))


def test_a_default_branch_is_shown_as_such(browser: Client, judge: Judge, report: Report) -> None:
    pull = judge(report(pr_number=None, branch="main")).pull_request
    assert "acme/shop default branch" in text_of(browser.get(LIST))
    assert browser.get(page_of(pull)).status_code == 200


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("42", [42]),
        ("#42", [42]),
        ("shop#42", [42]),
        ("other#42", []),
        ("basket", [7, 42]),
        ("kim", [7, 42]),
        ("9" * 30, []),
        ("#" + "9" * 5_000, []),
        ("٤٢", []),
        ("#0042 basket", [42]),
        ("acme basket", [7, 42]),
        ("²", []),
    ],
)
def test_pull_requests_are_found_by_number_and_words(
    search: str, numbers: list[int], browser: Client, judge: Judge, report: Report
) -> None:
    for number in (7, 42):
        judge(report(pr_number=number))
    response = browser.get(LIST, {"q": search})
    assert sorted(row.number for row in response.context["cl"].result_list) == numbers


def test_a_compliance_admin_names_the_code_host(
    browser_for: Callable[..., Client], compliance_admin: User, judge: Judge, report: Report
) -> None:
    repository = judge(report()).pull_request.repository
    browser, before = browser_for(compliance_admin), Version.numbers(["pulls"])
    form = filled_in(browser.get(page_of(repository)))
    browser.post(page_of(repository), form | {"web_url": "https://git.example.com/acme/shop", "name": "evil/name"})
    repository.refresh_from_db()
    assert (repository.name, repository.web_url) == ("acme/shop", "https://git.example.com/acme/shop")
    assert Version.numbers(["pulls"]) > before


def test_a_code_host_that_is_no_web_address_is_refused(
    browser_for: Callable[..., Client], compliance_admin: User, judge: Judge, report: Report
) -> None:
    repository = judge(report()).pull_request.repository
    browser = browser_for(compliance_admin)
    browser.post(page_of(repository), filled_in(browser.get(page_of(repository))) | {"web_url": "javascript:alert(1)"})
    assert Repository.objects.get().web_url == ""


def test_the_overview_names_what_is_stopped_and_the_rules_behind_it(
    browser: Client, judge: Judge, report: Report
) -> None:
    pull = judge(report(deny=[R01])).pull_request
    response = browser.get("/admin/")
    assert [row["pull"] for row in response.context["stopped"]] == [PullRequest.objects.get(pk=pull.pk)]
    red = [tile.rule.pk for tier in response.context["grid"].tiers for tile in tier.tiles if tile.colour == "red"]
    assert red == ["R01"]


def test_filter_and_overview_know_what_is_pending(
    browser: Client, judge: Judge, submit: Callable[..., Submission], report: Report
) -> None:
    def shown(verdict: str) -> list[int]:
        rows = browser.get(LIST, {"verdict": verdict}).context["cl"].result_list
        return sorted(row.number for row in rows)

    for number in (7, 42):
        judge(report(pr_number=number, deny=[R01]))
    submit(report(pr_number=7))
    assert (shown("BLOCKED"), shown("PENDING"), shown("nonsense")) == ([42], [7], [7, 42])
    blocked = browser.get("/admin/").context["cards"][1]
    assert (blocked["title"], blocked["number"]) == ("Blocked", "1")
    assert len(browser.get(blocked["page"]).context["cl"].result_list) == 1


def test_an_empty_list_invites_nobody_to_create_what_cannot_be_created(browser: Client) -> None:
    assert "They appear by themselves." in text_of(browser.get(LIST))
    assert "Nothing matches" in text_of(browser.get(LIST, {"q": "nothing"}))
    assert "Create" not in text_of(browser.get(LIST))

"""Leafing through violations by key, and searching them a stretch at a time."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from compliance.admin.violations import ViolationAdmin
from compliance.models import Evaluation, Violation
from tests.admin.pages import list_of, text_of
from tests.api.reading import finding, findings

LIST = list_of("compliance_violation")
Judge = Callable[..., Evaluation]
Report = Callable[..., Any]


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A viewer's browser, with two rows a page."""
    monkeypatch.setattr(ViolationAdmin, "list_per_page", 2)
    return browser_for(viewer)


def files(response: Any) -> list[str]:
    """What the page shows."""
    return [row.file_path for row in response.context["cl"].result_list]


def turn(browser: Client, response: Any, way: str) -> Any:
    """Go where a link of the page's foot leads."""
    [address] = re.findall(rf'href="([^"]*)"[^>]*>\s*{way}\s*</a>', response.content.decode())
    return browser.get(LIST + unescape(address))


@pytest.mark.parametrize("query", ["", "?o=6", "?o=-6", "?pull_request__id__exact={pull}", "?file=src/"])
def test_all_pages_hold_every_row_once_there_and_back(
    query: str, browser: Client, judge: Judge, report: Report
) -> None:
    evaluation = judge(report(deny=findings(5)))
    page = browser.get(LIST + query.format(pull=evaluation.pull_request_id))
    seen, there = [files(page)], page
    while there.context["cl"].next_page:
        there = turn(browser, there, "Next")
        seen.append(files(there))
    order = sorted((file for shown in seen for file in shown), reverse="o=6" not in query)
    assert [file for shown in seen for file in shown] == order
    assert [len(shown) for shown in seen] == [2, 2, 1]
    back = turn(browser, turn(browser, there, "Previous"), "Previous")
    assert files(back) == seen[0]
    assert not back.context["cl"].previous_page
    assert files(turn(browser, there, "First page")) == seen[0]


def test_a_filter_begins_at_its_first_page(browser: Client, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(5)))
    second = turn(browser, browser.get(LIST), "Next")
    assert "after=" not in second.context["cl"].get_query_string({"standing": "live"})


def test_a_search_goes_on_where_it_has_ended(
    browser: Client, judge: Judge, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.admin_keyset.SEARCHED_ROWS", 2)
    judge(report(deny=[finding(file="src/zebra.ts")]))
    judge(report(pr_number=2, deny=findings(3)))
    page = browser.get(LIST, {"q": "ZEBRA"})
    assert (files(page), "Search further" in text_of(page)) == ([], True)
    assert files(turn(browser, page, "Search further")) == ["src/zebra.ts"]


def test_a_rule_in_a_search_is_found_among_all_rows(
    browser: Client, judge: Judge, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.admin_keyset.SEARCHED_ROWS", 2)
    judge(report(deny=[finding("R02", file="src/old.ts")]))
    judge(report(pr_number=2, deny=findings(3)))
    assert files(browser.get(LIST, {"q": "r02 old"})) == ["src/old.ts"]
    assert files(browser.get(LIST, {"q": "acme/shop#1"})) == ["src/old.ts"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"author": "kim"}, ["src/a.ts"]),
        ({"author": "Kim"}, []),
        ({"file": "src/a.ts"}, ["src/a.ts"]),
        ({"file": "src"}, []),
        ({"file": "src/"}, ["src/b.ts", "src/a.ts"]),
        ({"file": "src/b*"}, ["src/b.ts"]),
    ],
)
def test_violations_are_filtered_by_author_and_file(
    query: dict[str, str], found: list[str], browser: Client, judge: Judge, report: Report
) -> None:
    judge(report(deny=[finding()]))
    judge(report(pr_number=2, author="lee", deny=[finding(file="src/b.ts")]))
    assert files(browser.get(LIST, query)) == found


def test_what_is_not_counted_is_estimated(browser: Client, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(5)))
    changes = browser.get(LIST).context["cl"]
    assert (changes.exact, changes.result_count) == (False, 2)
    pull = Violation.objects.values_list("pull_request", flat=True)[0]
    assert "5 violations" in text_of(browser.get(LIST, {"pull_request__id__exact": str(pull)}))


@pytest.mark.parametrize("query", ["after=x", "before=1", "after=x&before=y", "q=a&after=z"])
def test_a_key_that_is_none_begins_at_the_first_page(query: str, browser: Client, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding()]))
    assert files(browser.get(f"{LIST}?{query}")) == ["src/a.ts"]

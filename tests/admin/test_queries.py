"""Pages take as many queries for three rows as for one, and never count a whole table."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from compliance.models import Evaluation, Violation
from core.admin import CappedPaginator
from tests import factories
from tests.admin.pages import list_of, page_of, taking

# Domain look-ups are remembered; session, user and two look-ups of permissions come with every page.
LISTS = {
    "compliance_violation": 8,
    "compliance_pullrequest": 8,
    "compliance_rule": 8,
    "compliance_repository": 6,
    "compliance_submission": 7,
    "compliance_evaluation": 7,
    "accounts_user": 7,
    "accounts_citoken": 6,
}


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser that has opened a page before."""
    browser = browser_for(tenant_admin)
    browser.get("/admin/password_change/")
    return browser


@pytest.fixture
def rows(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> Callable[[int], None]:
    """So many rows of everything, of different repositories."""

    def make(number: int) -> None:
        for one in range(1, number + 1):
            judge(report(repository=f"acme/{one}", deny=[f"HARD STOP [Security/R0{one}]: in apps/{one}.ts"]))
            factories.ci_token()

    return make


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("model", "queries"), LISTS.items())
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(
    number: int, model: str, queries: int, browser: Client, rows: Callable[[int], None]
) -> None:
    rows(number)
    with taking(queries):
        browser.get(list_of(model))


@pytest.mark.parametrize("number", [1, 3])
def test_a_violations_page_takes_as_many_queries_whatever_its_history(
    number: int,
    browser: Client,
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
) -> None:
    for _ in range(number):
        judge(report(deny=["HARD STOP [Security/R01]: in apps/a.ts"]))
        judge(report())
    page = page_of(Violation.objects.get())
    browser.get(page)  # content types are looked up once a process
    with taking(8):
        browser.get(page)


@pytest.mark.parametrize("number", [1, 3])
def test_the_overview_takes_as_many_queries_for_three_rows_as_for_one(
    number: int, browser: Client, rows: Callable[[int], None]
) -> None:
    rows(number)
    with taking(12):
        browser.get("/admin/")


@pytest.mark.parametrize("query", ["", "?standing=live", "?q=apps"])
def test_the_list_of_a_million_rows_counts_none(query: str, browser: Client, rows: Callable[[int], None]) -> None:
    rows(1)
    with CaptureQueriesContext(connection) as captured:
        browser.get(list_of("compliance_violation") + query)
    assert not [made["sql"] for made in captured if "COUNT(" in made["sql"]]


def test_no_other_list_counts_a_whole_table(browser: Client, rows: Callable[[int], None]) -> None:
    rows(1)
    with CaptureQueriesContext(connection) as captured:
        browser.get(list_of("compliance_pullrequest"))
    [count] = [made["sql"] for made in captured if "COUNT(" in made["sql"]]
    assert "LIMIT 10001" in count


def test_lists_leave_wide_columns_where_they_are(browser: Client, rows: Callable[[int], None]) -> None:
    rows(1)
    with CaptureQueriesContext(connection) as captured:
        for model in ("violation", "submission", "evaluation"):
            browser.get(list_of(f"compliance_{model}"))
    read = " ".join(made["sql"] for made in captured)
    for column in ('"context"', '"payload"', '"fingerprints"'):
        assert column not in read


def test_a_paginator_counts_no_further_than_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.admin.COUNTED", 3)
    full, capped = CappedPaginator(range(3), 2), CappedPaginator(range(4), 2)
    assert [(pages.count, pages.capped, pages.num_pages) for pages in (full, capped)] == [(3, False, 2), (3, True, 2)]

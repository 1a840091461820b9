"""``GET violations`` and ``GET violations/<id>``."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from compliance.choices import PullState
from compliance.models import Evaluation, RuleState, Violation
from compliance.services.pulls import set_state
from tenants.models import Tenant
from tests import factories
from tests.api.reading import VIOLATIONS, Body, finding, findings, statements
from tests.conftest import PASSWORD

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]

SHAPE = {
    "id", "rule", "severity", "status", "resolution", "repository", "pr_number", "commit_sha", "author", "source",
    "package", "file_path", "line_number", "message", "context", "fingerprint", "first_seen", "last_seen",
    "resolved_at", "override_reason", "override_approved_by", "override_until", "url",
}  # fmt: skip


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


def files(reader: APIClient, query: str = "") -> list[str]:
    """File paths of what a query finds, in order."""
    response = reader.get(f"{VIOLATIONS}{query}")
    assert response.status_code == 200, response.content
    return [violation["file_path"] for violation in response.json()["results"]]


def test_a_violation_is_shown_in_full(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01", file="src/a.ts", line=7, table="orders")], commit_sha="abc", pr_number=7))
    (violation,) = reader.get(VIOLATIONS).json()["results"]
    assert set(violation) == SHAPE
    told = {name: violation[name] for name in ("rule", "status", "repository", "pr_number", "author", "file_path")}
    assert told == {
        "rule": "R01",
        "status": "OPEN",
        "repository": "acme/shop",
        "pr_number": 7,
        "author": "kim",
        "file_path": "src/a.ts",
    }
    assert violation["url"] == f"http://acme.localhost/admin/compliance/violation/{violation['id']}/change/"


def test_what_a_violation_has_not_is_null(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=["HARD STOP [Security/R01]: broken"]))
    (violation,) = reader.get(VIOLATIONS).json()["results"]
    absent = ("resolution", "file_path", "line_number", "resolved_at", "override_reason", "override_until")
    assert [violation[name] for name in absent] == [None] * 6


def test_the_newest_come_first(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding(file="old.ts")]))
    judge(report(deny=[finding(file="old.ts"), finding(file="new.ts")]))
    assert files(reader) == ["new.ts", "old.ts"]
    assert files(reader, "?ordering=-first_seen") == ["new.ts", "old.ts"]
    assert files(reader, "?ordering=first_seen") == ["old.ts", "new.ts"]


@pytest.mark.parametrize("order", ["", "&ordering=first_seen", "&ordering=-first_seen"])
def test_pages_hold_every_violation_once_in_both_directions(
    reader: APIClient, judge: Judge, report: Report, order: str
) -> None:
    judge(report(deny=findings(5)))
    first = reader.get(f"{VIOLATIONS}?page_size=2{order}").json()
    second = reader.get(first["next"]).json()
    third = reader.get(second["next"]).json()
    assert [first["previous"], third["next"]] == [None, None]
    found = [violation["id"] for page in (first, second, third) for violation in page["results"]]
    assert sorted(found) == sorted(str(key) for key in Violation.objects.values_list("pk", flat=True))
    assert reader.get(third["previous"]).json()["results"] == second["results"]
    assert reader.get(second["previous"]).json()["results"] == first["results"]


def test_what_arrives_meanwhile_shifts_no_page(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(4)))
    expected = files(reader)
    first = reader.get(f"{VIOLATIONS}?page_size=2").json()
    judge(report(deny=findings(2), pr_number=2))
    following = reader.get(first["next"]).json()["results"]
    assert [violation["file_path"] for violation in following] == expected[2:]


@pytest.fixture
def varied(judge: Judge, report: Report) -> None:
    """Three violations that every filter tells apart."""
    judge(
        report(
            pr_number=1,
            author="kim",
            results={"security": {"deny": [finding("R01", file="apps/api/a.ts", severity="BLOCK")]}},
        )
    )
    other = {"architecture": {"warn": [finding("R03", file="apps/web/b.ts", severity="WARNING")]}}
    judge(report(results=other, pr_number=2, author="lee", source="nightly", repository="acme/api"))
    main = {"security": {"deny": [{"rule": "R01", "message": "no file: 100% wrong", "severity": "OVERRIDE"}]}}
    judge(report(results=main, pr_number=None, branch="main", author="kim"))
    set_state(
        Violation.objects.get(file_path="apps/web/b.ts").pull_request_id,
        state=PullState.MERGED,
        by="test",
        at=timezone.now(),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rule=R01", [None, "apps/api/a.ts"]),
        ("rule=R02", []),
        ("severity=BLOCK", ["apps/api/a.ts"]),
        ("severity=BLOCK&severity=WARNING", ["apps/web/b.ts", "apps/api/a.ts"]),
        ("status=OPEN", [None, "apps/api/a.ts"]),
        ("status=RESOLVED", ["apps/web/b.ts"]),
        ("resolution=MERGED", ["apps/web/b.ts"]),
        ("repository=acme/api", ["apps/web/b.ts"]),
        ("repository=acme/unknown", []),
        ("pr=1", ["apps/api/a.ts"]),
        ("pr=default", [None]),
        ("pr=2&repository=acme/shop", []),
        ("pr=9999999999", []),
        ("file=apps/api/a.ts", ["apps/api/a.ts"]),
        ("file=apps/api", []),
        ("file=apps/", ["apps/web/b.ts", "apps/api/a.ts"]),
        ("file=apps/a*", ["apps/api/a.ts"]),
        ("file=%25/", []),
        ("author=lee", ["apps/web/b.ts"]),
        ("source=nightly", ["apps/web/b.ts"]),
        ("package=architecture", ["apps/web/b.ts"]),
        ("q=r03", ["apps/web/b.ts"]),
        ("q=APPS/WEB", ["apps/web/b.ts"]),
        ("q=100%25", [None]),
        ("q=_", []),
        ("rule=R01&severity=BLOCK&author=kim", ["apps/api/a.ts"]),
    ],
)
def test_filters_find_what_they_name(reader: APIClient, varied: None, query: str, expected: list[str | None]) -> None:
    assert files(reader, f"?{query}") == expected


def test_a_span_of_time_takes_its_start_and_not_its_end(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding()]))
    seen = Violation.objects.get().first_seen
    at, later = (moment.isoformat().replace("+00:00", "Z") for moment in (seen, seen + timedelta(seconds=1)))
    assert len(files(reader, f"?first_seen_after={at}&first_seen_before={later}")) == 1
    assert files(reader, f"?first_seen_before={at}") == []
    assert files(reader, f"?first_seen_after={later}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("rul=R01", "rul"),
        ("severity=block", "severity"),
        ("severity=BLOCK,WARNING", "severity"),
        ("status=CLOSED", "status"),
        ("resolution=NO", "resolution"),
        ("pr=zero", "pr"),
        ("pr=-1", "pr"),
        ("first_seen_after=yesterday", "first_seen_after"),
        ("ordering=message", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=000000050999", "page_size"),
        (f"page_size={'9' * 5000}", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJuIiwiLWlkIiwieCJd", "cursor"),  # ["n","-id","x"]
        ("cursor=WyJuIiwiLWlkIiw3XQ", "cursor"),  # ["n","-id",7]
        ("cursor=WyJ4IiwiLWlkIiwiMDE5MmYwYzEtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIl0", "cursor"),  # ["x","-id",a key]
        ("rule=R01&rule=R02", "rule"),
        ("q=%00", "q"),
        ("source=%00", "source"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(reader: APIClient, query: str, field: str) -> None:
    response = reader.get(f"{VIOLATIONS}?{query}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("moment", "is_past"),
    [
        ("1900-01-01", True),
        ("1969-12-31T23:59:59.999Z", True),
        ("0001-01-01T00:00:00%2B14:00", True),
        ("0001-01-01T00:00:00", True),
        ("9999-12-31T23:59:59.999999Z", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("9999-12-31T23:59:59", False),
    ],
)
def test_a_span_of_time_may_begin_and_end_anywhere(
    reader: APIClient, judge: Judge, report: Report, moment: str, is_past: bool
) -> None:
    judge(report(deny=findings(1)))
    assert bool(files(reader, f"?first_seen_after={moment}")) is is_past
    assert bool(files(reader, f"?first_seen_before={moment}")) is not is_past


def test_a_cursor_of_another_order_is_refused(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(2)))
    link = reader.get(f"{VIOLATIONS}?page_size=1").json()["next"]
    assert reader.get(f"{link}&ordering=first_seen").status_code == 422


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_the_same_queries_whatever_it_holds(
    reader: APIClient,
    judge: Judge,
    report: Report,
    count: int,
) -> None:
    for number in range(1, count + 1):
        judge(report(deny=[finding()], pr_number=number, repository=f"acme/{number}"))
    # Two for the person's permissions, versions with lapsed verdicts, the page, its pull requests.
    assert statements(reader, VIOLATIONS) == 5
    assert len(files(reader)) == count


def test_an_unchanged_violation_was_last_seen_by_the_last_report(
    reader: APIClient, judge: Judge, report: Report
) -> None:
    judge(report(deny=[finding()]))
    judge(report(deny=[finding()]))
    (violation,) = reader.get(VIOLATIONS).json()["results"]
    seen = RuleState.objects.get(rule="R01", package="security").last_seen
    assert seen is not None
    assert violation["last_seen"] == seen.isoformat().replace("+00:00", "Z")
    assert violation["last_seen"] > violation["first_seen"]


def test_a_violation_tells_its_history(reader: APIClient, judge: Judge, report: Report) -> None:
    for deny in ([finding()], [], [finding()]):
        judge(report(deny=deny))
    violation = reader.get(f"{VIOLATIONS}/{Violation.objects.get().pk}").json()
    changes = [(change["from_status"], change["to_status"], change["cause"]) for change in violation["timeline"]]
    assert changes == [(None, "OPEN", "found"), ("OPEN", "RESOLVED", "fixed"), ("RESOLVED", "OPEN", "returned")]
    assert set(violation) == SHAPE | {"timeline", "resolved_by"}


@pytest.mark.parametrize("key", ["0192f0c1-0000-7000-8000-000000000000", "no-uuid", "1"])
def test_an_unknown_violation_is_404(reader: APIClient, key: str) -> None:
    response = reader.get(f"{VIOLATIONS}/{key}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_another_tenant_sees_nothing_of_it(
    acme: Tenant, globex: Tenant, client_for: Callable[..., APIClient], judge: Judge, report: Report
) -> None:
    with tenant_context(acme):
        judge(report(deny=[finding()]))
        key = Violation.objects.get().pk
    with tenant_context(globex):
        elsewhere = client_for(globex, user=factories.user(Role.VIEWER, password=PASSWORD))
        assert elsewhere.get(VIOLATIONS).json()["results"] == []
        assert elsewhere.get(f"{VIOLATIONS}/{key}").status_code == 404

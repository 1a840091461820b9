"""``GET trends``."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from compliance.models import Evaluation
from compliance.services.trends import refresh_trends
from tenants.models import Tenant
from tests.api.reading import TRENDS, Body, finding, findings, statements

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]
DAY = timedelta(days=1)


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


def results(reader: APIClient, **question: str) -> list[dict[str, Any]]:
    """The days or weeks of an answer."""
    response = reader.get(TRENDS, question)
    assert response.status_code == 200, response.content
    answer: list[dict[str, Any]] = response.json()["results"]
    return answer


def test_a_day_tells_what_it_came_to(reader: APIClient, judge: Judge, report: Report) -> None:
    at = timezone.now()
    for found in ([finding("R01"), finding("R02")], [finding("R01")]):
        judge(report(results={"security": {"deny": found}}), at=at)
    refresh_trends(at=at)
    (today,) = results(reader)
    assert today["date"] == str(at.date())
    # Four rules are evaluated in package security; two were broken at first, one then.
    assert [today[name] for name in ("evaluations", "checks", "passes")] == [2, 8, 5]
    assert (today["compliance_rate"], today["mean_score"]) == (62.5, 85)
    assert today["score_histogram"] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    counts = [today[f"violations_{name}"] for name in ("new", "resolved", "fixed", "open", "overridden")]
    assert counts == [2, 1, 1, 1, 0]
    assert (today["rule"], today["repository"], today["p90_hours_to_resolution"]) == (None, None, 0)


def test_one_rule_and_one_repository_have_their_own(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01"), finding("R02")]))
    judge(report(deny=findings(3), repository="acme/api"))
    refresh_trends(at=timezone.now())
    asked: list[dict[str, str]] = [
        {"rule": "R01"},
        {"repository": "acme/api"},
        {"rule": "R02", "repository": "acme/shop"},
    ]
    assert [results(reader, **one)[0]["violations_new"] for one in asked] == [4, 3, 1]
    # It was counted, and there was nothing to count of this one.
    assert results(reader, rule="R13", repository="acme/api")[0]["violations_new"] == 0


def test_weeks_stand_under_their_monday(reader: APIClient, judge: Judge, report: Report) -> None:
    today = timezone.now()
    monday = (today - today.weekday() * DAY).replace(hour=1, minute=0)
    for at in (monday - 2 * DAY, monday - DAY, monday):
        judge(report(deny=findings(1), run_id=str(at)), at=at)
    refresh_trends(at=today)
    weeks = results(reader, interval="week")
    assert [(week["date"], week["evaluations"]) for week in weeks] == [
        (str((monday - 7 * DAY).date()), 2),
        (str(monday.date()), 1),
    ]
    assert [week["violations_open"] for week in weeks] == [1, 1]


def test_the_zone_is_named_and_its_today_is_the_last_day(reader: APIClient, judge: Judge, report: Report) -> None:
    Organisation.objects.create(time_zone="Pacific/Kiritimati")
    judge(report())
    refresh_trends(at=timezone.now())
    answer = reader.get(TRENDS).json()
    there = str(timezone.now().astimezone(Organisation.current().zone).date())
    assert (answer["time_zone"], answer["to"], answer["results"][-1]["date"]) == ("Pacific/Kiritimati", there, there)
    assert datetime.fromisoformat(answer["as_of"]).astimezone(UTC) <= timezone.now()


def test_where_nothing_was_counted_there_is_nothing(reader: APIClient) -> None:
    answer = reader.get(TRENDS).json()
    assert (answer["results"], answer["as_of"]) == ([], None)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from"),
        ({"from": "2020-01-01"}, "from"),
        ({"rule": "R99"}, "rule"),
        ({"repository": "acme/unheard-of"}, "repository"),
        ({"interval": "month"}, "interval"),
        ({"until": "2026-11-01"}, "until"),
    ],
)
def test_what_is_wrong_is_named(reader: APIClient, question: dict[str, str], field: str) -> None:
    response = reader.get(TRENDS, question)
    assert (response.status_code, list(response.json()["errors"])) == (422, [field])


def test_days_that_are_no_longer_kept_are_refused(reader: APIClient) -> None:
    oldest = timezone.now().date() - 365 * DAY
    assert reader.get(TRENDS, {"from": str(oldest)}).status_code == 200
    refused = reader.get(TRENDS, {"from": str(oldest - DAY)}).json()
    assert (refused["code"], refused["errors"]) == ("behind_retention", {"from": [f"Not before {oldest}."]})


def test_an_unchanged_answer_is_304(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report())
    refresh_trends(at=timezone.now())
    tag = reader.get(TRENDS)["ETag"]
    assert reader.get(TRENDS, headers={"If-None-Match": tag}).status_code == 304
    judge(report(deny=findings(1)))
    refresh_trends(at=timezone.now())
    assert reader.get(TRENDS, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_it_takes_the_same_queries_whatever_was_counted(
    reader: APIClient, judge: Judge, report: Report, count: int
) -> None:
    for number in range(1, count + 1):
        judge(report(pr_number=number, repository=f"acme/{number}", deny=findings(number)))
    refresh_trends(at=timezone.now())
    # Two for permissions, versions with lapsed verdicts, the organisation thrice, settings, the trends, and as of when.
    assert statements(reader, TRENDS) == 9

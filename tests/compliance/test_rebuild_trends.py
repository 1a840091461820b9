"""``rebuild_trends``, and what beat does: idempotent, resumable, and never over days whose rows are gone."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Organisation
from compliance import tasks
from compliance.models import TenantSettings, Trend, TrendRebuild, Version
from compliance.services.trends import AT_ONCE, begin_rebuild, build_days, countable_from, go_on_with, refresh_trends
from compliance.trends import days
from core.errors import Conflict, Invalid
from tenants.models import Tenant
from tests.api.reading import findings

pytestmark = pytest.mark.django_db
Judge = Callable[..., Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def over_all() -> list[tuple[date, int]]:
    """Day and evaluations of every counted day, in order."""
    return list(Trend.objects.over_all().order_by("date").values_list("date", "evaluations"))


def rebuild(*arguments: str) -> list[str]:
    """Run the command; returns its lines."""
    written = io.StringIO()
    call_command("rebuild_trends", *arguments, stdout=written)
    return written.getvalue().splitlines()


def test_a_day_is_closed_at_the_midnight_of_the_tenants_zone(judge: Judge, report: Judge) -> None:
    Organisation.objects.create(time_zone="Pacific/Auckland")
    for hour in (10, 12):  # 23:00, and 01:00 of the next day
        judge(report(), at=NOON.replace(hour=hour))
    refresh_trends(at=NOON + DAY)
    assert over_all() == [(date(2026, 11, 20), 1), (date(2026, 11, 21), 1), (date(2026, 11, 22), 0)]


def test_a_report_of_the_last_minute_is_still_counted(judge: Judge, report: Judge) -> None:
    midnight = NOON.replace(hour=0) + DAY
    refresh_trends(at=midnight - timedelta(minutes=1))
    judge(report(), at=midnight - timedelta(seconds=1))
    refresh_trends(at=midnight + timedelta(minutes=1))
    assert over_all() == [(date(2026, 11, 20), 1), (date(2026, 11, 21), 0)]


def test_a_closed_day_is_not_counted_again(judge: Judge, report: Judge) -> None:
    judge(report(), at=NOON)
    assert refresh_trends(at=NOON) == [NOON.date()]
    assert refresh_trends(at=NOON + DAY) == [NOON.date(), NOON.date() + DAY]
    assert refresh_trends(at=NOON + DAY) == [NOON.date() + DAY]


def test_days_without_beat_are_made_up_for_some_at_a_time(judge: Judge, report: Judge) -> None:
    judge(report(), at=NOON - 12 * DAY)
    assert len(refresh_trends(at=NOON)) == AT_ONCE
    assert refresh_trends(at=NOON) == [NOON.date() - back * DAY for back in (2, 1, 0)]


def test_an_unchanged_day_is_neither_written_nor_told_of(judge: Judge, report: Judge) -> None:
    judge(report(deny=findings(3)), at=NOON)
    refresh_trends(at=NOON)
    rows, version = list(Trend.objects.exclude(rule=None).values()), Version.numbers(["trends"])
    refresh_trends(at=NOON + timedelta(minutes=5))
    assert (list(Trend.objects.exclude(rule=None).values()), Version.numbers(["trends"])) == (rows, version)


def test_what_is_no_longer_there_loses_its_row(judge: Judge, report: Judge) -> None:
    at = NOON
    evaluation = judge(report(), at=at)
    refresh_trends(at=at)
    evaluation.checks.all().delete()
    list(go_on_with(begin_rebuild(at.date(), at.date(), at=at), at=at))
    assert [(row.rule, row.evaluations, row.checks) for row in Trend.objects.all()] == [(None, 1, 0)] * 2


def test_a_stopped_rebuild_goes_on_where_it_was(judge: Judge, report: Judge) -> None:
    first, last = NOON.date() - 3 * DAY, NOON.date()
    stopped = go_on_with(begin_rebuild(first, last, at=NOON), at=NOON)
    assert [next(stopped)[0], next(stopped)[0]] == [first, first + DAY]
    again = begin_rebuild(first, last, at=NOON)
    assert [day for day, _ in go_on_with(again, at=NOON)] == [last - DAY, last]
    assert begin_rebuild(first, last, at=NOON).next == first


def test_days_behind_retention_are_refused_and_stay(judge: Judge, report: Judge) -> None:
    oldest = countable_from(NOON)
    judge(report(), at=NOON - 100 * DAY)
    list(build_days(days(oldest - 20 * DAY, oldest), zone=Organisation.current().zone, at=NOON))
    kept = over_all()
    with pytest.raises(Invalid) as refused:
        begin_rebuild(oldest - DAY, NOON.date(), at=NOON)
    assert (refused.value.code, refused.value.errors) == ("behind_retention", {"from": [f"Not before {oldest}."]})
    assert over_all() == kept
    assert not TrendRebuild.objects.exists()


def test_a_day_that_has_lost_rows_stays_as_it_was_counted(judge: Judge, report: Judge) -> None:
    evaluation = judge(report(), at=NOON)
    refresh_trends(at=NOON)
    evaluation.delete()
    with pytest.raises(Conflict, match="Rows of 2026-11-20 are gone"):
        list(go_on_with(begin_rebuild(NOON.date(), NOON.date(), at=NOON), at=NOON))
    assert over_all() == [(NOON.date(), 1)]


def test_the_first_day_that_can_be_counted_is_whole() -> None:
    assert countable_from(NOON) == date(2026, 8, 23)  # 90 days before noon is noon of the 22nd
    TenantSettings.objects.create(violations_kept_days=40)
    assert countable_from(NOON) == date(2026, 10, 12)


def test_the_command_shows_each_day(acme: Tenant, judge: Judge, report: Judge) -> None:
    judge(report(), at=timezone.now() - DAY)
    today = timezone.now().date()
    lines = rebuild("--schema=acme", f"--from={today - DAY}", f"--to={today}")
    assert [line.split(" has ")[0] for line in lines] == [f"acme: {today - DAY}", f"acme: {today}"]
    assert lines[1].endswith("(2 of 2 days)")
    assert over_all() == [(today - DAY, 1), (today, 0)]


def test_the_command_says_what_it_cannot_do(acme: Tenant) -> None:
    with pytest.raises(CommandError, match=r"acme: Rows from before .* are deleted"):
        rebuild("--schema=acme", "--from=2020-01-01")
    with pytest.raises(CommandError, match="There is no such tenant: nobody"):
        rebuild("--schema=nobody")


def test_beat_starts_it_for_every_tenant() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["refresh-trends"]
    assert (entry["task"], tasks.refresh_trends_everywhere.fan_out) == (tasks.TRENDS_EVERYWHERE, True)

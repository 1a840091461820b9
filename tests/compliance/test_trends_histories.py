"""Trends of random histories, against a count of every raw row in plain Python."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from accounts.models import Organisation
from compliance.api.shapes import trend_shape
from compliance.choices import PullState
from compliance.models import PullRequest, Repository, Trend, Violation
from compliance.queries.trends import Place, series
from compliance.services.covering import Cover, cover, lock_pull, mark_false_positive, restore, uncover
from compliance.services.pulls import set_state
from compliance.services.trends import begin_rebuild, go_on_with, refresh_trends
from compliance.trends import days
from tests.api.reading import finding
from tests.compliance.model_of_trends import day_of, read

pytestmark = pytest.mark.django_db
Judge = Callable[..., Any]

# Clocks in Vienna went back on the 25th of October.
BEGINS, ENDS = datetime(2026, 10, 24, 6, tzinfo=UTC), datetime(2026, 10, 26, 15, tzinfo=UTC)
ZONES = ("Europe/Vienna", "Pacific/Chatham")
RULES = ("R01", "R02", "R13")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> ZoneInfo:
    """The tenant's time zone."""
    name = str(request.param)
    Organisation.objects.update_or_create(pk=Organisation.PK, defaults={"time_zone": name})
    return ZoneInfo(name)


@pytest.mark.parametrize("zone", ZONES[:1], indirect=True)
def test_days_that_nobody_counted_in_time_are_counted_later(zone: ZoneInfo, judge: Judge, report: Judge) -> None:
    at = _live_through(Random(1), judge, report)
    refresh_trends(at=at)
    assert _counted(zone, at) == _recounted(zone, at)


def test_days_counted_while_they_went_by_and_anew_are_what_their_rows_come_to(
    zone: ZoneInfo, judge: Judge, report: Judge
) -> None:
    at = _live_through(Random(zone.key), judge, report, meanwhile=lambda at: refresh_trends(at=at))
    # What is counted within a day is corrected by its end, and the last of it after midnight.
    refresh_trends(at=at)
    first, last = BEGINS.astimezone(zone).date(), at.astimezone(zone).date()
    kept = _counted(zone, at)
    Trend.objects.all().delete()
    list(go_on_with(begin_rebuild(first, last, at=at), at=at))
    assert _counted(zone, at) == kept == _recounted(zone, at)


def _live_through(
    random: Random, judge: Judge, report: Judge, *, meanwhile: Callable[[datetime], object] = lambda at: None
) -> datetime:
    """Some days of reports and decisions. Returns when they are over."""
    at = BEGINS
    while at < ENDS:
        at += timedelta(minutes=random.choice((1, 40, 100, 400)))
        _DEEDS[random.choice(list(_DEEDS))](random, at, judge, report)
        meanwhile(at)
    return at + timedelta(minutes=15)


def _report(random: Random, at: datetime, judge: Judge, report: Judge) -> None:
    found = [
        finding(random.choice(RULES), file=f"{number}.ts", severity=random.choice(("BLOCK", "WARNING")))
        for number in range(5)
        if random.random() < 0.5
    ]
    number = random.choice((1, 2, None))
    fields = {"pr_number": number, "branch": "main", "changed_files": [f"{number}.ts" for number in range(5)]}
    started = at - timedelta(hours=random.choice((0, 0, 0, 9)))
    repository = random.choice(("acme/shop", "acme/api"))
    judge(report(**fields, deny=found, repository=repository, run_started_at=started.isoformat()), at=at)


def _decide(random: Random, at: datetime, judge: Judge, report: Judge) -> None:
    pull = PullRequest.objects.order_by("pk").first()
    if pull is None:
        return
    with transaction.atomic():
        pull = lock_pull(random.choice(list(PullRequest.objects.order_by("pk"))).pk)
        some = [row for row in pull.violations.order_by("pk") if random.random() < 0.4]
        keys = [row.pk for row in some]
        until = at + timedelta(hours=random.choice((5, 90)))
        if (deed := random.choice(("cover", "uncover", "dismiss", "restore"))) == "cover":
            cover(pull, [Cover(row.pk, until, row.severity, "why", "kim") for row in some], at=at)
        elif deed == "uncover":
            uncover(pull, keys, at=at)
        elif deed == "dismiss":
            mark_false_positive(pull, keys, by="kim", at=at)
        else:
            restore(pull, keys, at=at)


def _end(random: Random, at: datetime, judge: Judge, report: Judge) -> None:
    pull = PullRequest.objects.exclude(number=None).exclude(state=PullState.MERGED).order_by("pk").first()
    if pull is not None:
        weights = (5, 4, 1)
        (state,) = random.choices((PullState.OPEN, PullState.CLOSED, PullState.MERGED), weights)
        set_state(pull.pk, state=state, by="kim", at=at)


_DEEDS: dict[int, Callable[[Random, datetime, Judge, Judge], None]] = dict(
    enumerate((_report, _report, _report, _decide, _end))
)


def _places() -> dict[tuple[str | None, str | None], Place]:
    repositories: dict[str | None, int | None] = {None: None}
    repositories.update(Repository.objects.values_list("name", "pk"))
    return {
        (name, rule): Place(key, rule)
        for name, key in repositories.items()
        for rule in (None, *RULES, *Violation.objects.values_list("rule", flat=True).distinct())
    }


def _days(zone: ZoneInfo, at: datetime) -> list[date]:
    first = min(row["day"] for row in read(zone).evaluations)
    return list(days(first, at.astimezone(zone).date()))


def _counted(zone: ZoneInfo, at: datetime) -> dict[Any, Any]:
    wanted = _days(zone, at)
    shapes: dict[Any, Any] = {}
    for names, place in _places().items():
        of_place = series(place, wanted[0], wanted[-1])
        shapes.update({(names, day): trend_shape(figures) for day, figures in of_place.items()})
    return shapes


def _recounted(zone: ZoneInfo, at: datetime) -> dict[Any, Any]:
    raw = read(zone)
    return {(names, day): day_of(raw, day, names) for names in _places() for day in _days(zone, at)}

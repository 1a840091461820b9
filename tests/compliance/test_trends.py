"""Figures of days: when a day begins, how scores and hours are counted, and how days add up."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.trends import ACCURACY, Figures, band, bounds, by_week, p90_of, p90_of_spread, spread_of, together

HOURS = st.lists(st.floats(0.01, 10_000), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("UTC", date(2026, 10, 25), datetime(2026, 10, 25, 0, tzinfo=UTC), 24),
        ("Europe/Vienna", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("Europe/Vienna", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        # Clocks are changed at midnight itself: this day has no 00:00, and that one has it twice.
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC), 23),
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        ("Asia/Kathmandu", date(2026, 1, 1), datetime(2025, 12, 31, 18, 15, tzinfo=UTC), 24),
    ],
)
def test_a_day_lies_between_two_midnights_of_its_zone(zone: str, day: date, begins: datetime, hours: int) -> None:
    start, end = bounds(day, ZoneInfo(zone))
    assert (start, (end - start).total_seconds() / 3600) == (begins, hours)


@pytest.mark.parametrize(("score", "at"), [(0, 0), (9, 0), (10, 1), (89, 8), (90, 9), (99, 9), (100, 9)])
def test_a_score_stands_in_its_band(score: int, at: int) -> None:
    assert band(score) == at


@pytest.mark.parametrize(
    ("hours", "p90"), [([], None), ([3], 3), ([1, 2], 2), (range(1, 11), 9), (range(1, 12), 10), ([5] * 9 + [99], 5)]
)
def test_nine_in_ten_do_not_take_longer(hours: list[float], p90: float | None) -> None:
    assert p90_of(hours) == p90


@given(HOURS)
def test_a_spread_tells_the_percentile_as_exactly_as_it_says(hours: list[float]) -> None:
    exact, near = p90_of(hours), p90_of_spread(spread_of(hours))
    assert exact is not None
    assert near == pytest.approx(exact, rel=ACCURACY * 1.0001)


@given(st.lists(HOURS, min_size=2, max_size=5))
def test_days_put_together_tell_the_percentile_of_all(days: list[list[float]]) -> None:
    total = together(_fixed(hours) for hours in days)
    assert total.hours_p90 == pytest.approx(p90_of([one for hours in days for one in hours]), rel=ACCURACY * 1.0001)


def test_what_happened_adds_up_and_what_is_open_is_what_was_open_last() -> None:
    monday = Figures(checks=4, passes=1, violations_new=3, violations_open=3, scored=1, score_sum=50)
    friday = Figures(checks=4, passes=3, violations_resolved=2, violations_open=1, scored=3, score_sum=270)
    week = together([monday, friday])
    assert (week.violations_new, week.violations_resolved, week.violations_open) == (3, 2, 1)
    assert (week.compliance_rate, week.mean_score) == (50, 80)


def test_where_nothing_was_counted_there_is_no_rate() -> None:
    empty = Figures()
    assert (empty.compliance_rate, empty.override_rate, empty.mean_score, empty.mean_hours) == (None,) * 4


def test_one_day_of_fixes_stays_exact_among_days_without() -> None:
    assert together([Figures(), _fixed([1, 7.123]), Figures()]).hours_p90 == 7.123


def test_a_sunday_belongs_to_the_monday_before_it() -> None:
    figures = {date(2026, 11, day): Figures(checks=1) for day in (21, 22, 23)}
    weeks = {day.day: week.checks for day, week in by_week(figures).items()}
    assert weeks == {16: 2, 23: 1}


def _fixed(hours: list[float]) -> Figures:
    return Figures(
        violations_fixed=len(hours), hours_sum=sum(hours), hours_p90=p90_of(hours), hours_spread=spread_of(hours)
    )

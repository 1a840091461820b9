"""Business hours across weekends, holidays and daylight saving."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.choices import Frequency
from alerts.hours import Hours, last_summary

VIENNA = Hours(zone=ZoneInfo("Europe/Vienna"), holidays=frozenset({date(2026, 12, 8)}))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def utc(text: str) -> datetime:
    """A moment from ISO text in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T08:00:00", True),  # Monday, 9:00 in Vienna
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T16:59:59", True),
        ("2026-11-23T17:00:00", False),  # 18:00: closed
        ("2026-11-21T10:00:00", False),  # Saturday
        ("2026-12-08T10:00:00", False),  # a holiday
        ("2026-07-01T07:00:00", True),  # summer time: 9:00
        ("2026-07-01T06:59:59", False),
    ],
)
def test_people_work_from_opening_to_closing_on_working_days(at: str, is_open: bool) -> None:
    assert VIENNA.open_at(utc(at)) is is_open


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-11-23T10:00:00", "2026-11-23T10:00:00"),
        ("2026-11-23T05:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T17:00:00", "2026-11-24T08:00:00"),
        ("2026-11-20T17:00:00", "2026-11-23T08:00:00"),  # Friday evening to Monday
        ("2026-12-07T18:00:00", "2026-12-09T08:00:00"),  # over a holiday
        ("2026-03-27T18:00:00", "2026-03-30T07:00:00"),  # clocks went forward in between
        ("2026-10-23T18:00:00", "2026-10-26T08:00:00"),  # and back
    ],
)
def test_what_waits_goes_out_at_the_next_opening(at: str, opening: str) -> None:
    assert VIENNA.next_opening(utc(at)) == utc(opening)


@given(moments)
def test_the_next_opening_is_open_and_never_in_the_past(at: datetime) -> None:
    opening = VIENNA.next_opening(at)
    assert opening >= at
    assert VIENNA.open_at(opening)


@pytest.mark.parametrize(
    ("at", "frequency", "due"),
    [
        ("2026-11-24T08:00:00", Frequency.DAILY, "2026-11-24T08:00:00"),
        ("2026-11-24T07:59:59", Frequency.DAILY, "2026-11-23T08:00:00"),
        ("2026-11-22T12:00:00", Frequency.DAILY, "2026-11-20T08:00:00"),  # Sunday: Friday's
        ("2026-11-25T12:00:00", Frequency.WEEKLY, "2026-11-23T08:00:00"),
        ("2026-11-23T07:59:59", Frequency.WEEKLY, "2026-11-16T08:00:00"),
        ("2026-03-30T07:00:00", Frequency.WEEKLY, "2026-03-30T07:00:00"),
    ],
)
def test_a_summary_is_due_on_working_days_or_mondays(at: str, frequency: Frequency, due: str) -> None:
    assert last_summary(VIENNA, frequency, time(9), utc(at)) == utc(due)


def test_a_holiday_on_monday_moves_the_weekly_summary_to_the_first_working_day() -> None:
    hours = Hours(holidays=frozenset({date(2026, 11, 23)}))
    assert last_summary(hours, Frequency.WEEKLY, time(9), utc("2026-11-24T09:00:00")) == utc("2026-11-24T09:00:00")
    assert last_summary(hours, Frequency.WEEKLY, time(9), utc("2026-11-23T12:00:00")) == utc("2026-11-16T09:00:00")


def test_a_time_that_daylight_saving_skips_is_an_hour_later() -> None:
    assert VIENNA.moment(date(2026, 3, 29), time(2, 30)) == utc("2026-03-29T01:30:00")


def test_what_goes_out_at_once_has_no_summaries() -> None:
    assert last_summary(VIENNA, Frequency.IMMEDIATE, time(9), utc("2026-11-24T08:00:00")) is None

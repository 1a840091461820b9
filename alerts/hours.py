"""Business hours: when quiet tiers may be heard. Pure; daylight saving is zoneinfo's affair."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from alerts.choices import Frequency

SATURDAY = 5
_LOOKED_AHEAD = 400
"""Days. Longer than any row of holidays; after that, quiet hours no longer hold anything back."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which people work, in their own time zone: Monday to Friday, holidays aside."""

    zone: tzinfo = UTC
    opens: time = time(9)
    closes: time = time(18)
    holidays: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether it is a working day."""
        return day.weekday() < SATURDAY and day not in self.holidays

    def open_at(self, at: datetime) -> bool:
        """Whether people work at this moment; at the second of closing they no longer do."""
        local = at.astimezone(self.zone)
        return self.works_on(local.date()) and self.opens <= local.time() < self.closes

    def next_opening(self, at: datetime) -> datetime:
        """``at`` itself while people work, else when they begin the next time (UTC)."""
        if self.open_at(at):
            return at
        today = at.astimezone(self.zone).date()
        for days in range(_LOOKED_AHEAD):
            day = today + timedelta(days=days)
            opening = self.moment(day, self.opens)
            if opening > at and self.works_on(day):
                return opening
        return at

    def moment(self, day: date, clock: time) -> datetime:
        """When the clock shows this time on this day (UTC); a time that daylight saving skips is an hour later."""
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)


def last_summary(hours: Hours, frequency: Frequency, clock: time, at: datetime) -> datetime | None:
    """The latest moment up to ``at`` at which a summary was due; None where the frequency knows no summaries.

    Daily summaries come on working days, weekly ones on Mondays, or on the first working day after one.
    """
    if frequency == Frequency.IMMEDIATE:
        return None
    today = at.astimezone(hours.zone).date()
    for days in range(_LOOKED_AHEAD):
        day = today - timedelta(days=days)
        due = hours.moment(day, clock)
        if due <= at and hours.works_on(day) and (frequency == Frequency.DAILY or _opens_the_week(hours, day)):
            return due
    return None


def _opens_the_week(hours: Hours, day: date) -> bool:
    """Whether it is the first working day of its week."""
    return not any(hours.works_on(day - timedelta(days=back)) for back in range(1, day.weekday() + 1))

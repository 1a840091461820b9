"""What a day comes to: figures that add up over days, repositories and rules. Pure.

A day is one of the tenant's: from midnight to midnight in its time zone, 23 or 25 hours where clocks are changed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BANDS = 10
"""Of the histogram of scores: 0–9, 10–19 … 90–100."""
ACCURACY = 0.01
"""How far a 90th percentile over several days may be from the true one, as a part of it."""
_GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_SHORTEST = 0.01  # hours; what took less is said to have taken this
_NINETY = 0.9


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day begins and when it has ended."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # By way of UTC: two times of one zone would be subtracted by the clock on the wall.
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def band(score: int) -> int:
    """Where a score stands in the histogram."""
    return min(score // BANDS, BANDS - 1)


def p90_of(hours: Iterable[float]) -> float | None:
    """The least of them that nine in ten do not pass; None where there are none."""
    ordered = sorted(hours)
    return ordered[math.ceil(_NINETY * len(ordered)) - 1] if ordered else None


def spread_of(hours: Iterable[float]) -> dict[str, int]:
    """How many took how long, in steps of two hundredths: small, adds up, and tells any percentile nearly."""
    return dict(Counter(str(_step(value)) for value in hours))


def _step(hours: float) -> int:
    return math.ceil(math.log(max(hours, _SHORTEST)) / math.log(_GROWTH))


def p90_of_spread(spread: Mapping[str, int]) -> float | None:
    """The same as ``p90_of``, as exactly as ``ACCURACY`` says; None where nothing took any time."""
    rank = math.ceil(_NINETY * sum(spread.values()))
    for step in sorted(spread, key=int):
        rank -= spread[step]
        if rank <= 0:
            return float(2 * _GROWTH ** int(step) / (_GROWTH + 1))
    return None


@dataclass(slots=True)
class Figures:
    """What was counted over a day, or over several."""

    evaluations: int = 0
    checks: int = 0
    passes: int = 0
    excused: int = 0
    violations_new: int = 0
    violations_returned: int = 0
    violations_resolved: int = 0
    violations_fixed: int = 0
    violations_open: int = 0
    """When the (last) day ended."""
    violations_overridden: int = 0
    scored: int = 0
    score_sum: int = 0
    score_histogram: list[int] = field(default_factory=lambda: [0] * BANDS)
    hours_sum: float = 0
    hours_p90: float | None = None
    hours_spread: Mapping[str, int] = field(default_factory=dict)

    @property
    def compliance_rate(self) -> float | None:
        """Checks that found nothing, of 100; None where nothing was checked."""
        return _ratio(100 * self.passes, self.checks)

    @property
    def override_rate(self) -> float | None:
        """Checks whose findings were covered, of 100 that found something; None where none did."""
        return _ratio(100 * self.excused, self.checks - self.passes)

    @property
    def mean_score(self) -> float | None:
        """None where nothing was scored."""
        return _ratio(self.score_sum, self.scored)

    @property
    def mean_hours(self) -> float | None:
        """From first seen to fixed; None where nothing was fixed."""
        return _ratio(self.hours_sum, self.violations_fixed)

    def count_score(self, score: int | None, times: int) -> None:
        """Count evaluations with this score."""
        if score is not None:
            self.scored += times
            self.score_sum += score * times
            self.score_histogram[band(score)] += times


_ADDING = (
    "evaluations", "checks", "passes", "excused", "violations_new", "violations_returned", "violations_resolved",
    "violations_fixed", "scored", "score_sum", "hours_sum",
)  # fmt: skip
COLUMNS = tuple(column.name for column in fields(Figures))
"""Names of all figures that are counted."""


def together(spans: Iterable[Figures]) -> Figures:
    """Figures of successive days as those of one span: what happened adds up, what is open is what was open last."""
    days = list(spans)
    spread: Counter[str] = Counter()
    for day in days:
        spread.update(day.hours_spread)
    fixing = [day for day in days if day.violations_fixed]
    return Figures(
        **{name: sum(getattr(day, name) for day in days) for name in _ADDING},
        violations_open=days[-1].violations_open if days else 0,
        violations_overridden=days[-1].violations_overridden if days else 0,
        score_histogram=[sum(band) for band in zip(*(day.score_histogram for day in days), strict=True)] or [0] * BANDS,
        # One day's percentile is exact, and stays so as long as there is nothing to put together.
        hours_p90=fixing[0].hours_p90 if len(fixing) == 1 else p90_of_spread(spread),
        hours_spread=dict(spread),
    )


def by_week(figures: Mapping[date, Figures]) -> dict[date, Figures]:
    """Figures of days, in order, as those of their weeks; each stands under its Monday."""
    weeks: dict[date, list[Figures]] = {}
    for day in sorted(figures):
        weeks.setdefault(week_of(day), []).append(figures[day])
    return {monday: together(spans) for monday, spans in weeks.items()}


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None

"""Which days a page is about: chosen with its pickers, within what is kept."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from compliance.choices import Interval
from compliance.services.trends import today_of
from compliance.trends import Figures, by_week, week_of
from core.errors import Invalid

RANGES = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("1 year")}
USUAL = 30
_MANY = 92
"""More days than that are shown by week where nothing else is asked for: a year of days is a smear."""


class Span(NamedTuple):
    """The first day and the last, and what they are put together by."""

    first: date
    last: date
    days: int
    interval: Interval

    def put_together(self, figures: Mapping[date, Figures]) -> dict[date, Figures]:
        """Figures of days as the chosen interval wants them."""
        return by_week(figures) if self.interval == Interval.WEEK else dict(figures)

    @property
    def coarse(self) -> "Span":
        """The same by week where there are more days than a heatmap has room for."""
        return self._replace(interval=Interval.WEEK) if self.days > _MANY else self

    def under(self, day: date) -> date:
        """The day that the interval stands under."""
        return week_of(day) if self.interval == Interval.WEEK else day

    def labels(self, dates: Any) -> list[str]:
        """Days as an axis shows them; a year needs to be told where the year could be another."""
        form = "%-d %b %Y" if self.first.year != self.last.year and self.interval == Interval.DAY else "%-d %b"
        return [day.strftime(form) for day in dates]


def span_of(asked: Mapping[str, str], *, at: datetime, usual: int = USUAL) -> Span:
    """The span that an address asks for with ``range`` and ``interval``; weeks are whole.

    Raises:
        Invalid: there is no such range or interval.
    """
    known = {str(days): days for days in RANGES}
    days, interval = asked.get("range", str(usual)), asked.get("interval", "")
    if days not in known or interval not in ("", *Interval.values):
        raise Invalid("invalid", f"There are ranges of {', '.join(known)} days, by day or by week.")
    number = known[days]
    chosen = Interval(interval) if interval else (Interval.WEEK if number > _MANY else Interval.DAY)
    today = today_of(at)
    first = today - timedelta(days=number - 1)
    if chosen == Interval.WEEK:
        first = week_of(first)
    return Span(first, today, number, chosen)


def pickers(span: Span) -> dict[str, Any]:
    """What the pickers of a page show (templates/console/spans.html)."""
    return {
        "ranges": [(days, name, days == span.days) for days, name in RANGES.items()],
        "intervals": [(choice.value, choice.label, choice == span.interval) for choice in Interval],
    }

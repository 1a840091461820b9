"""Figures of days as charts: what several pages draw alike."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from compliance.trends import BANDS, Figures, together
from dashboard.charts import Chart, Series, histogram, line
from dashboard.spans import Span

_SCORE_TONES = ("red",) * 5 + ("orange",) * 2 + ("yellow", "green", "green")


def compliance_chart(figures: Mapping[date, Figures], span: Span) -> Chart:
    """How many of 100 checks found nothing."""
    rates = Series(_("Compliance rate"), [_rounded(one.compliance_rate) for one in figures.values()], "green")
    return line(_("Compliance rate"), span.labels(figures), [rates], top=100, unit=" %")


def score_chart(figures: Mapping[date, Figures], span: Span) -> Chart:
    """The mean score of evaluations."""
    scores = Series(_("Mean score"), [_rounded(one.mean_score) for one in figures.values()], "blue")
    return line(_("Mean score"), span.labels(figures), [scores], top=100)


def flow_chart(figures: Mapping[date, Figures], span: Span) -> Chart:
    """What came and what went."""
    came = [one.violations_new + one.violations_returned for one in figures.values()]
    went = [one.violations_resolved for one in figures.values()]
    series = [Series(_("New"), came, "red"), Series(_("Resolved"), went, "green")]
    return line(_("Violations, new and resolved"), span.labels(figures), series)


def open_chart(figures: Mapping[date, Figures], span: Span) -> Chart:
    """What was live in the end."""
    series = [
        Series(_("Open"), [one.violations_open for one in figures.values()], "orange"),
        Series(_("Overridden"), [one.violations_overridden for one in figures.values()], "violet"),
    ]
    return line(_("Violations, open"), span.labels(figures), series)


def hours_chart(figures: Mapping[date, Figures], span: Span) -> Chart:
    """How long fixes took."""
    series = [
        Series(_("Mean"), [_rounded(one.mean_hours) for one in figures.values()], "blue"),
        Series(_("9 in 10 within"), [_rounded(one.hours_p90) for one in figures.values()], "orange"),
    ]
    return line(_("Time to resolution"), span.labels(figures), series, unit=_(" h"))


def scores_chart(figures: Mapping[date, Figures]) -> Chart:
    """How the scores of all evaluations are spread."""
    labels = [f"{low}–{low + 9 if low < 90 else 100}" for low in range(0, 100, BANDS)]
    counted = together(figures.values()).score_histogram
    return histogram(_("Scores"), labels, Series(_("Evaluations"), counted), tones=_SCORE_TONES)


def _rounded(value: float | None) -> Any:
    return None if value is None else round(value, 1)

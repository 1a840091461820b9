"""Samples of the current schema, as thresholds and charts read them."""

from datetime import datetime, timedelta

from operations.models import Sample
from operations.terms import WINDOW
from operations.thresholds import Point

_REACH = WINDOW + timedelta(minutes=2)
"""A row of samples that spans the window begins before it."""


def platform_points(*, at: datetime) -> list[Point]:
    """The samples of the last minutes, the oldest first."""
    return points_since(at - _REACH, at=at)


def points_since(since: datetime, *, at: datetime) -> list[Point]:
    """The current schema's samples since then, the oldest first."""
    return [Point(one.at, one.figures) for one in Sample.objects.between(since, at)]

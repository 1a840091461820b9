"""Filters of lists."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DaysFilter(RangeDateFilter):
    """From a day to a day of UTC, both included. Unfold's own compares with midnight and so leaves the last day out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of these days; what is no date is left aside."""
        first, last = self.span()
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        if last:
            queryset = queryset.filter(**{f"{self.field_path}__lt": last})
        return queryset

    def span(self) -> tuple[datetime | None, datetime | None]:
        """From when on, and before when."""
        first, last = self._day("from"), self._day("to")
        end = last + timedelta(days=1) if last and last < date.max else None
        return _midnight(first) if first else None, _midnight(end) if end else None

    def _day(self, end: str) -> date | None:
        day: date | None = parse_date_str(self.used_parameters.get(f"{self.field_path}_{end}") or "")
        return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

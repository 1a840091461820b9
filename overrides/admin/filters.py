"""Filters of the list of requests."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from overrides.choices import Standing
from overrides.limits import WARN_DAYS
from overrides.models import OverrideRequestQuerySet


class StandingFilter(DropdownFilter):
    """By where a request stands now: what is over is expired."""

    title = "status"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them."""
        return [(standing.value, str(standing.label)) for standing in Standing]

    def queryset(self, request: HttpRequest, queryset: OverrideRequestQuerySet) -> QuerySet[Any]:
        """Requests that stand so."""
        chosen = self.value()
        return queryset.standing([chosen], timezone.now()) if chosen in Standing.values else queryset


class EndFilter(DropdownFilter):
    """By when approved overrides end."""

    title = "end"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Soon, and sooner."""
        return [(str(days), f"Within {days} day{'s' if days > 1 else ''}") for days in WARN_DAYS]

    def queryset(self, request: HttpRequest, queryset: OverrideRequestQuerySet) -> QuerySet[Any]:
        """Approved requests that end within so many days."""
        days = {str(days): days for days in WARN_DAYS}.get(self.value() or "")
        return queryset.ending(timezone.now(), within=timedelta(days=days)) if days else queryset

"""Filters of several lists."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from compliance.choices import Resolution, Status, Verdict
from compliance.models import Evaluation, PullRequest, Violation

_RECENT = 1_000


class SourceFilter(DropdownFilter):
    """By source, of those that reported lately: looking for all of them would read every row."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The sources of the last reports."""
        recent = Evaluation.objects.order_by("-id").values_list("source", flat=True)[:_RECENT]
        return [(name, name) for name in sorted(set(recent))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the chosen source."""
        return queryset.filter(source=self.value()) if self.value() else queryset


class StandingFilter(DropdownFilter):
    """By where a violation stands: status, and the resolution where it is resolved."""

    title = "status"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Live ones together, then one by one."""
        stated = [(choice.value, str(choice.label)) for choice in (Status.OPEN, Status.OVERRIDDEN, Status.RESOLVED)]
        ended = [(choice.value, f"Resolved: {choice.label}") for choice in Resolution]
        return [("live", "Live (open or overridden)"), *stated, *ended]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Violation]) -> QuerySet[Violation]:
        """Rows that stand there."""
        chosen = self.value()
        if chosen == "live":
            return queryset.filter(resolved_at=None)
        if chosen in Status.values:
            return queryset.filter(status=chosen)
        return queryset.filter(resolution=chosen) if chosen in Resolution.values else queryset


class VerdictFilter(DropdownFilter):
    """By the verdict that the list shows: pending while a report waits or has failed."""

    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them."""
        return [(verdict.value, str(verdict.label)) for verdict in Verdict]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PullRequest]) -> QuerySet[PullRequest]:
        """Rows that stand so at this moment."""
        chosen = self.value()
        return judged_as(queryset, Verdict(chosen)) if chosen in Verdict.values else queryset


def judged_as(pulls: QuerySet[Any], verdict: Verdict) -> QuerySet[Any]:
    """Of pull requests with their current verdict, those that stand so."""
    if verdict != Verdict.PENDING:
        # Nothing but PENDING is ever laid over the stored verdict: an index finds the few that are worth asking about.
        pulls = pulls.filter(verdict=verdict)
    return pulls.filter(current_verdict=verdict)

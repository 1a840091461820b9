"""Filters of several lists."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, TextFilter

from compliance.choices import PullState, Resolution, Status, Verdict
from compliance.models import Evaluation, PullRequest, Violation
from compliance.queries.violations import on_pulls
from core.admin_filters import DaysFilter
from core.ids import first_id, last_id

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


class AuthorFilter(TextFilter):
    """By the author of the pull request, by the full name; violations and pull requests alike."""

    title, parameter_name = "author", "author"
    sorts = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows on the author's pull requests."""
        author = (self.value() or "").strip()
        if not author:
            return queryset
        if queryset.model is PullRequest:
            return queryset.filter(author=author)
        queryset, self.sorts = on_pulls(queryset, PullRequest.objects.filter(author=author))
        return queryset


class FileFilter(TextFilter):
    """By path; everything below it where it ends with ``/`` or ``*``."""

    title, parameter_name = "file (folder/ for all in it)", "file"
    sorts = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Violation]) -> QuerySet[Violation]:
        """Rows of the file or folder."""
        path = (self.value() or "").strip()
        if not path:
            return queryset
        if path.endswith(("/", "*")):
            self.sorts = True
            return queryset.filter(file_path__startswith=path.removesuffix("*"))
        return queryset.filter(file_path=path)


class OnePullFilter(AutocompleteSelectFilter):
    """By pull request. Its rows are found first and sorted then."""

    @property
    def sorts(self) -> bool:
        """One is chosen."""
        return bool(self.used_parameters)


class FirstSeenFilter(DaysFilter):
    """By the day on which a violation was first seen: a span of time is a span of keys, which the index has."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Violation]) -> QuerySet[Violation]:
        """Rows of these days."""
        first, last = self.span()
        if first:
            queryset = queryset.filter(first_seen__gte=first, id__gte=first_id(first))
        if last:
            queryset = queryset.filter(first_seen__lt=last, id__lte=last_id(last))
        return queryset


class OpenFilter(DropdownFilter):
    """By the state at the code host; open ones where nothing is said, for they are what is judged."""

    title, parameter_name = "state", "state__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them, and all together."""
        return [*((state.value, str(state.label)) for state in PullState), ("all", "All")]

    def value(self) -> Any:
        """The chosen one."""
        return super().value() or PullState.OPEN.value

    def queryset(self, request: HttpRequest, queryset: QuerySet[PullRequest]) -> QuerySet[PullRequest]:
        """Rows of this state."""
        return queryset.filter(state=self.value()) if self.value() in PullState.values else queryset


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

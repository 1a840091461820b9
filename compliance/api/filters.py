"""Query parameters of the lists, checked, and turned into conditions that an index serves."""

from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from compliance.choices import PullState, Resolution, Severity, Status, Verdict
from compliance.models import PullRequest, Repository, Violation
from compliance.queries import violations
from core.api.pagination import keyed
from core.ids import first_id, last_id

MAX_NUMBER = 2**31 - 1
"""What the database holds."""
DEFAULT_BRANCH = "default"
FEW_PULLS = 300
"""As many pull requests have so few violations that sorting them takes no time."""

_number = RegexValidator(r"\A(default|[1-9][0-9]{0,9})\Z", "A pull request's number, or default.")


def number_of(text: str) -> int | None:
    """The pull request's number; None for ``default``."""
    return None if text == DEFAULT_BRANCH else int(text)


class GivenFilters(filters.FilterSet):
    """Makes only the filters that the request names: making all of them takes longer than reading the page."""

    base_filters: dict[str, filters.Filter]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None:
            self.base_filters = {name: item for name, item in type(self).base_filters.items() if name in data}
        super().__init__(data, *args, **kwargs)

    @property
    def given(self) -> dict[str, Any]:
        """The parameters, checked and read; those that were not named are missing."""
        cleaned: dict[str, Any] = self.form.cleaned_data
        return {name: value for name, value in cleaned.items() if value}


class ViolationFilters(GivenFilters):
    """Filters of ``GET violations``. Those of one name are joined with or, those of different names with and."""

    rule = filters.CharFilter(field_name="rule_id", help_text="Rule id.")
    severity = filters.MultipleChoiceFilter(choices=Severity.choices, distinct=False)
    status = filters.MultipleChoiceFilter(choices=Status.choices, distinct=False)
    resolution = filters.MultipleChoiceFilter(choices=Resolution.choices, distinct=False)
    repository = filters.CharFilter(method="of_repository", help_text="Full name, owner/name.")
    pr = filters.CharFilter(method="of_pull", validators=[_number], help_text="Number, or default.")
    file = filters.CharFilter(method="in_file", help_text="Path; all below it where it ends with / or *.")
    author = filters.CharFilter(method="by_author", help_text="Of the pull request.")
    source = filters.CharFilter(field_name="source")
    package = filters.CharFilter(field_name="package", help_text="Policy package.")
    first_seen_after = filters.IsoDateTimeFilter(method="seen_after", help_text="Inclusive.")
    first_seen_before = filters.IsoDateTimeFilter(method="seen_before", help_text="Exclusive.")
    q = filters.CharFilter(method="containing", help_text="Text in message, file path or rule id.")
    ordering = filters.ChoiceFilter(
        method="unfiltered",
        choices=[("first_seen", "Oldest first"), ("-first_seen", "Newest first")],
        help_text="Newest first is the default.",
    )

    class Meta:
        model = Violation
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Violation]) -> QuerySet[Violation]:
        """Filter, and choose the order: keys are ordered by time, and every filter's index goes on with the key."""
        self.elsewhere, self.few = False, False
        found: QuerySet[Violation] = super().filter_queryset(queryset)
        if self.given.get("ordering") == "first_seen":
            return found.order_by("id")
        return keyed(found, "-id", unindexed=self.few) if self.elsewhere else found.order_by("-id")

    def seen_after(self, queryset: QuerySet[Violation], name: str, value: datetime) -> QuerySet[Violation]:
        """A violation's key is of the moment that it was first seen in, to the millisecond."""
        return queryset.filter(first_seen__gte=value, id__gte=first_id(value))

    def seen_before(self, queryset: QuerySet[Violation], name: str, value: datetime) -> QuerySet[Violation]:
        """The other end of the span."""
        return queryset.filter(first_seen__lt=value, id__lte=last_id(value))

    def of_repository(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """By the repository's key, which the index has, and not by its name."""
        if "pr" in self.given:
            return queryset  # of_pull looks for both
        key = Repository.objects.filter(name=value).values_list("pk", flat=True).first()
        return queryset.none() if key is None else queryset.filter(repository_id=key)

    def of_pull(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """Of the repository named beside it, or of all."""
        number = number_of(value)
        if number is not None and number > MAX_NUMBER:
            return queryset.none()
        pulls = PullRequest.objects.filter(number=number)
        if repository := self.given.get("repository"):
            pulls = pulls.filter(repository__name=repository)
        return self._on(queryset, pulls)

    def by_author(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """On the pull requests of one author."""
        return self._on(queryset, PullRequest.objects.filter(author=value))

    def _on(self, queryset: QuerySet[Violation], pulls: QuerySet[PullRequest]) -> QuerySet[Violation]:
        """On these pull requests.

        The violations of a pull request came in together: walking down all keys until a page of them is found, as
        the planner likes to, passes by everybody else's. Where they are few, they are better found and then sorted.
        """
        keys = list(pulls.order_by().values_list("pk", flat=True)[: FEW_PULLS + 1])
        if len(keys) > FEW_PULLS:
            return queryset.filter(pull_request__in=pulls.order_by().values("pk"))
        self.elsewhere = self.few = len(keys) > 1
        return queryset.filter(pull_request__in=keys)

    def in_file(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """A file, or everything that begins so."""
        if value.endswith(("/", "*")):
            self.elsewhere = True
            return queryset.filter(file_path__startswith=value.removesuffix("*"))
        return queryset.filter(file_path=value)

    def containing(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """By text."""
        return violations.containing(queryset, value)

    def unfiltered(self, queryset: QuerySet[Violation], name: str, value: str) -> QuerySet[Violation]:
        """The order is chosen once all filters have spoken."""
        return queryset


class PullFilters(GivenFilters):
    """Filters of ``GET pr``. Without ``state``: the open ones."""

    repository = filters.CharFilter(field_name="repository__name", help_text="Full name, owner/name.")
    author = filters.CharFilter(field_name="author")
    state = filters.ChoiceFilter(choices=PullState.choices, help_text="open is the default.")
    verdict = filters.MultipleChoiceFilter(choices=Verdict.choices, field_name="current_verdict", distinct=False)

    class Meta:
        model = PullRequest
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[PullRequest]) -> QuerySet[PullRequest]:
        """Filter; what is open where nothing else is asked for."""
        found: QuerySet[PullRequest] = super().filter_queryset(queryset)
        return found if "state" in self.given else found.filter(state=PullState.OPEN)

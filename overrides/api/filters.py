"""Query parameters of ``GET overrides``."""

from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from compliance.api.filters import MAX_NUMBER, GivenFilters, number_of
from overrides.choices import Kind, Standing
from overrides.models import OverriddenViolation, OverrideRequest, OverrideRequestQuerySet

_number = RegexValidator(r"\A(default|[1-9][0-9]{0,9})\Z", "A pull request's number, or default.")
Requests = OverrideRequestQuerySet


class OverrideFilters(GivenFilters):
    """Filters of ``GET overrides``. Those of one name are joined with or, those of different names with and."""

    status = filters.MultipleChoiceFilter(choices=Standing.choices, method="standing", distinct=False)
    kind = filters.ChoiceFilter(choices=Kind.choices)
    repository = filters.CharFilter(field_name="pull_request__repository__name", help_text="Full name, owner/name.")
    pr = filters.CharFilter(method="of_pull", validators=[_number], help_text="Number, or default.")
    rule = filters.CharFilter(method="about_rule", help_text="Rule id.")
    requester = filters.CharFilter(field_name="requested_by_label", help_text="User name.")
    violation = filters.UUIDFilter(method="naming", help_text="Id of a violation.")

    class Meta:
        model = OverrideRequest
        fields: list[str] = []

    def standing(self, queryset: Requests, name: str, value: list[str]) -> QuerySet[OverrideRequest]:
        """As of now: what is over is expired."""
        return queryset.standing(value, timezone.now()) if value else queryset

    def of_pull(self, queryset: Requests, name: str, value: str) -> QuerySet[OverrideRequest]:
        """Of the repository named beside it, or of all."""
        number = number_of(value)
        if number is not None and number > MAX_NUMBER:
            return queryset.none()
        return queryset.filter(pull_request__number=number)

    def about_rule(self, queryset: Requests, name: str, value: str) -> QuerySet[OverrideRequest]:
        """Those that name a violation of a rule."""
        return queryset.filter(pk__in=OverriddenViolation.objects.filter(rule=value).values("request"))

    def naming(self, queryset: Requests, name: str, value: UUID) -> Any:
        """Those that name a violation."""
        return queryset.naming(value)

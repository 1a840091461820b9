"""Evaluations as exports write them."""

from collections.abc import Sequence
from typing import Any

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request

from compliance.api.filters import MAX_NUMBER, GivenFilters, number_of
from compliance.api.links import Pages
from compliance.choices import Superseded, Verdict
from compliance.models import Evaluation
from core.api.views import Listing

_number = RegexValidator(r"\A(default|[1-9][0-9]{0,9})\Z", "A pull request's number, or default.")
_SAME = (
    "id", "commit_sha", "source", "run_id", "run_started_at", "duration_ms", "block_count", "override_count",
    "warning_count", "new_count", "seen_count", "resolved_count", "score", "created_at",
)  # fmt: skip
_MAYBE_NONE = ("verdict", "superseded", "run_url", "opa_version", "policy_revision")


class EvaluationFilters(GivenFilters):
    """Filters of evaluations. All that are named must hold."""

    repository = filters.CharFilter(field_name="pull_request__repository__name", help_text="Full name, owner/name.")
    pr = filters.CharFilter(method="of_pull", validators=[_number], help_text="Number, or default.")
    source = filters.CharFilter(field_name="source")
    verdict = filters.MultipleChoiceFilter(choices=Verdict.choices, distinct=False)
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", help_text="Inclusive.")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", help_text="Exclusive.")

    class Meta:
        model = Evaluation
        fields: list[str] = []

    def of_pull(self, queryset: QuerySet[Evaluation], name: str, value: str) -> QuerySet[Evaluation]:
        """Of the repository named beside it, or of all."""
        number = number_of(value)
        if number is not None and number > MAX_NUMBER:
            return queryset.none()
        return queryset.filter(pull_request__number=number)


class EvaluationSerializer(serializers.Serializer[Any]):
    """One processed report, and what it came to."""

    id = serializers.UUIDField()
    repository = serializers.CharField()
    pr_number = serializers.IntegerField(allow_null=True)
    commit_sha = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, no option
    run_id = serializers.CharField()
    run_url = serializers.CharField(allow_null=True)
    run_started_at = serializers.DateTimeField()
    opa_version = serializers.CharField(allow_null=True)
    policy_revision = serializers.CharField(allow_null=True)
    duration_ms = serializers.IntegerField(help_text="How long the processing took.")
    block_count = serializers.IntegerField()
    override_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    new_count = serializers.IntegerField()
    seen_count = serializers.IntegerField()
    resolved_count = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField(Verdict.choices, allow_null=True)
    superseded = serializers.ChoiceField(Superseded.choices, allow_null=True, help_text="Why it changed nothing.")
    created_at = serializers.DateTimeField()
    url = serializers.CharField(help_text="Its page here.")


class EvaluationList(Listing):
    """Evaluations, the newest first."""

    permissions = {"GET": "compliance.view_evaluation"}
    filterset_class = EvaluationFilters

    def get_queryset(self) -> QuerySet[Evaluation]:
        """With their pull requests."""
        return Evaluation.objects.select_related("pull_request__repository").defer("fingerprints").order_by("-id")

    def shaped(self, rows: Sequence[Any], request: Request) -> list[dict[str, Any]]:
        """The page's evaluations."""
        pages = Pages(request, "evaluation")
        return [_shape(row, pages.of(row.pk)) for row in rows]


def _shape(evaluation: Evaluation, url: str) -> dict[str, Any]:
    return {
        **{name: getattr(evaluation, name) for name in _SAME},
        **{name: getattr(evaluation, name) or None for name in _MAYBE_NONE},
        "repository": evaluation.pull_request.repository.name,
        "pr_number": evaluation.pull_request.number,
        "url": url,
    }

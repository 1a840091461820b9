"""Evaluations: what each processed report came to."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from compliance.admin.filters import SourceFilter
from compliance.admin.labels import VERDICTS, cell, label_of
from compliance.choices import Outcome, Verdict
from compliance.models import Check, Evaluation, Submission
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import moment, page_url, page_url_of, record_link, web_link
from core.admin_filters import DaysFilter

SHORT_SHA = 12


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    """Written once, by processing a report."""

    change_form_template = "console/evaluation.html"
    list_display = ["processed", "pull_link", "source", "commit", "found", "score", "verdict_label", "changes", "took"]
    list_display_links = ["processed"]
    list_defer = ("fingerprints",)
    list_filter = [
        ("verdict", ChoicesDropdownFilter),
        ("superseded", ChoicesDropdownFilter),
        SourceFilter,
        ("pull_request__repository", AutocompleteSelectFilter),
        ("pull_request", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    ]
    search_fields = ["=run_id", "^commit_sha", "pull_request__repository__name"]
    search_help_text = "Searches repositories, run ids and the beginnings of commits."
    ordering = ["-id"]
    sortable_by = ["processed"]
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evaluation]:
        """With what every row names."""
        rows: QuerySet[Evaluation] = super().get_queryset(request)
        return rows.select_related("pull_request__repository")

    @column("Processed", ordering="id")
    def processed(self, evaluation: Evaluation) -> str:
        """When."""
        return moment(evaluation.created_at)

    @column("Pull request")
    def pull_link(self, evaluation: Evaluation) -> SafeString | str:
        """Of which pull request."""
        return record_link(evaluation.pull_request)

    @column("Commit")
    def commit(self, evaluation: Evaluation) -> str:
        """The commit's beginning."""
        return evaluation.commit_sha[:SHORT_SHA]

    @column("Block · override · warning")
    def found(self, evaluation: Evaluation) -> str:
        """Findings by severity."""
        return f"{evaluation.block_count} · {evaluation.override_count} · {evaluation.warning_count}"

    @column("Verdict", label=VERDICTS | {"superseded": "default"})
    def verdict_label(self, evaluation: Evaluation) -> tuple[str, str]:
        """What the pull request was judged to be after it."""
        return cell(Verdict(evaluation.verdict)) if evaluation.verdict else ("superseded", "Superseded")

    @column("New · known · resolved")
    def changes(self, evaluation: Evaluation) -> str:
        """What it changed of the violations that were known."""
        return f"{evaluation.new_count} · {evaluation.seen_count} · {evaluation.resolved_count}"

    @column("Took")
    def took(self, evaluation: Evaluation) -> str:
        """How long the processing took."""
        return f"{evaluation.duration_ms} ms"

    def page_context(self, request: HttpRequest, obj: Evaluation) -> dict[str, Any]:
        """What the page shows."""
        checks = Check.objects.filter(evaluation=obj).select_related("rule").order_by("rule_id")
        return {
            "verdict": label_of(Verdict(obj.verdict)) if obj.verdict else None,
            "pull_page": page_url(obj.pull_request),
            "submission_page": page_url_of(Submission, obj.submission_id) if obj.submission_id else "",
            "run_link": web_link(obj.run_url, obj.run_id),
            "checks": [
                {"check": check, "page": page_url(check.rule), "outcome": label_of(Outcome(check.outcome))}
                for check in checks
            ],
        }

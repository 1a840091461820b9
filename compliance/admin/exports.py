"""Violations as CSV, JSON and Excel."""

from datetime import datetime
from typing import Any, cast

import orjson
from django.db import transaction
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils import timezone
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON, XLSX, Format
from import_export.resources import ModelResource
from tablib import Dataset  # type: ignore[import-untyped]
from unfold.contrib.import_export.forms import ExportForm

from accounts.models import User
from audit.services import record_entry
from compliance.models import RuleState, Violation
from core.spreadsheets import harmless

MAX_ROWS = 50_000
"""What one export may hold: it is put together in memory."""

_STATE = RuleState.objects.filter(
    pull_request=OuterRef("pull_request"), source=OuterRef("source"), package=OuterRef("package"), rule=OuterRef("rule")
)
# Unchanged violations are not rewritten: of live ones their rule's state knows when they were seen last.
SEEN_UNTIL = Case(
    When(resolved_at=None, then=Greatest(F("last_seen"), Subquery(_STATE.values("last_seen")[:1]))),
    default=F("last_seen"),
)


class _ForSpreadsheets:
    """Mixed into a format that spreadsheets open: messages and paths come from CI and must not run there."""

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        """Write the rows, made harmless."""
        rows = ([harmless(cell) for cell in row] for row in dataset)
        return super().export_data(Dataset(*rows, headers=dataset.headers), **kwargs)  # type: ignore[misc]


class SafeCSV(_ForSpreadsheets, CSV):
    """CSV."""


class SafeXLSX(_ForSpreadsheets, XLSX):
    """Excel."""


FORMATS: list[type[Format]] = [SafeCSV, JSON, SafeXLSX]


class Plain(Field):
    """A value as every format can hold it: numbers and texts."""

    def __init__(self, attribute: str) -> None:
        super().__init__(attribute=attribute, readonly=True)

    def export(self, instance: Any, **kwargs: Any) -> Any:
        """The instance's value: times as ISO 8601, structures as JSON."""
        value = self.get_value(instance)
        if value is None or isinstance(value, int):
            return "" if value is None else value
        if isinstance(value, datetime):
            return value.isoformat()
        return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


class ViolationResource(ModelResource):
    """A row per violation, its columns named as the API names them."""

    id = Plain("id")
    rule = Plain("rule_id")
    severity = Plain("severity")
    status = Plain("status")
    resolution = Plain("resolution")
    repository = Plain("repository__name")
    pr_number = Plain("pull_request__number")
    commit_sha = Plain("commit_sha")
    author = Plain("pull_request__author")
    source = Plain("source")
    package = Plain("package")
    file_path = Plain("file_path")
    line_number = Plain("line")
    message = Plain("message")
    context = Plain("context")
    fingerprint = Plain("fingerprint")
    first_seen = Plain("first_seen")
    last_seen = Plain("seen_until")
    resolved_at = Plain("resolved_at")
    override_reason = Plain("override_reason")
    override_approved_by = Plain("override_approved_by")
    override_until = Plain("override_until")

    class Meta:
        model = Violation
        fields = (
            "id", "rule", "severity", "status", "resolution", "repository", "pr_number", "commit_sha", "author",
            "source", "package", "file_path", "line_number", "message", "context", "fingerprint", "first_seen",
            "last_seen", "resolved_at", "override_reason", "override_approved_by", "override_until",
        )  # fmt: skip


class ExportsViolations(ExportMixin):
    """Mixed into an admin class: an export of what the list shows, for everybody who may see the list."""

    resource_classes = [ViolationResource]
    export_form_class = ExportForm
    export_formats = FORMATS

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever may read may take it along."""
        return bool(self.has_view_permission(request))

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[Any]:
        """None: what is exported is chosen by filters, and listing every key would read the whole table."""
        return []

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Violation]:
        """The list's rows, filtered and searched, with every column."""
        rows: QuerySet[Violation] = super().get_export_queryset(request)
        return rows.defer(None).annotate(seen_until=SEEN_UNTIL)

    def get_export_data(self, file_format: Format, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """The file's content.

        Raises:
            ValueError: there are too many rows; shown on the form.
        """
        rows = queryset.order_by()[: MAX_ROWS + 1].count()
        if rows > MAX_ROWS:
            raise ValueError(f"These are more than {MAX_ROWS:,} violations. Narrow the list with filters first.")
        content = super().get_export_data(file_format, request, queryset, **kwargs)
        taken = {"format": file_format.get_title(), "rows": rows, "filters": request.GET.dict()}
        with transaction.atomic():
            _record(taken, by=cast(User, request.user))
        return content


def _record(taken: dict[str, Any], *, by: User) -> None:
    resource = ("violation", "", "Violations")
    record_entry(action="violations.exported", resource=resource, by=by, at=timezone.now(), after=taken)

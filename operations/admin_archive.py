"""What the archive holds and what the retention did, to be read; and what it would do now."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesDropdownFilter

from compliance.models import TenantSettings
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import NONE, moment, page_url_of
from core.admin_filters import DaysFilter
from operations.archive.running import forecast
from operations.models import ArchiveBatch, ArchiveFile, RetentionRun

_STATES = {"verified": "success", "broken": "danger", "restored": "info", "writing": "default"}
_OUTCOMES = {"done": "success", "stopped": "warning", "broken": "danger"}


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    """Each run, and above them what the next one would take."""

    change_list_template = "console/retention_list.html"
    list_display = ["started", "task", "outcome", "rows_archived", "rows_deleted", "finished"]
    list_display_links = ["started"]
    list_filter = [("task", ChoicesDropdownFilter), ("started_at", DaysFilter)]
    ordering = ["-id"]
    sortable_by = ["started"]
    fields = ["task", "window", "started_at", "finished_at", "tables_archived", "tables_deleted", "error"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The runs, with how long things are kept and how much of them is past its time."""
        at = timezone.now()
        kept = TenantSettings.current()
        days = (
            ("Resolved violations, evaluations and checks", kept.violations_kept_days),
            ("Reports as they came in", kept.payloads_kept_days),
            ("Resolved alerts and their messages", kept.alerts_kept_days),
            ("Trends", kept.trends_kept_days),
        )
        return super().changelist_view(
            request,
            {
                **(extra_context or {}),
                "kept_days": days,
                "forecast": sorted(forecast(at=at).items()),
                "settings_page": page_url_of(TenantSettings, TenantSettings.PK),
            },
        )

    @column("Started", ordering="id")
    def started(self, run: RetentionRun) -> str:
        """When."""
        return moment(run.started_at)

    @column("Finished")
    def finished(self, run: RetentionRun) -> str:
        """When it was over."""
        return moment(run.finished_at)

    @column("Outcome", label=_OUTCOMES)
    def outcome(self, run: RetentionRun) -> tuple[str, str]:
        """How it ended."""
        if run.error:
            return "broken", "A file is broken"
        return ("done", "Done") if run.finished_at else ("stopped", "Stopped; the next goes on")

    @column("Rows archived")
    def rows_archived(self, run: RetentionRun) -> str:
        """Over all tables."""
        return f"{sum(run.archived.values()):,}"

    @column("Rows deleted")
    def rows_deleted(self, run: RetentionRun) -> str:
        """Over all tables."""
        return f"{sum(run.deleted.values()):,}"

    @column("Archived")
    def tables_archived(self, run: RetentionRun) -> str:
        """By table."""
        return _by_table(run.archived)

    @column("Deleted")
    def tables_deleted(self, run: RetentionRun) -> str:
        """By table."""
        return _by_table(run.deleted)


@admin.register(ArchiveFile)
class ArchiveFileAdmin(ReadOnlyAdmin):
    """The files, as their manifests describe them."""

    list_display = ["day", "table", "row_count", "bytes", "state_label", "verified", "path"]
    list_display_links = ["day"]
    list_filter = [("table", AllValuesCheckboxFilter), ("written_at", DaysFilter)]
    search_fields = ["^path", "=sha256", "=first_key", "=last_key"]
    search_help_text = "Searches the beginnings of paths, hashes, and first and last keys."
    ordering = ["-date", "table", "id"]
    sortable_by = ["day"]
    fields = [
        "path",
        ("table", "date"),
        ("row_count", "bytes"),
        "sha256",
        ("first_key", "last_key"),
        ("state_label", "verified", "written_at"),
        "flaw",
        "column_types",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArchiveFile]:
        """With the batch, which knows whether the rows are back."""
        rows: QuerySet[ArchiveFile] = super().get_queryset(request)
        return rows.select_related("batch")

    @column("Day", ordering="date")
    def day(self, file: ArchiveFile) -> str:
        """That the rows' time is counted from."""
        return file.date.isoformat()

    @column("Rows")
    def row_count(self, file: ArchiveFile) -> str:
        """How many."""
        return f"{file.rows:,}"

    @column("Bytes")
    def bytes(self, file: ArchiveFile) -> str:
        """How large."""
        return f"{file.size:,}"

    @column("State", label=_STATES)
    def state_label(self, file: ArchiveFile) -> tuple[str, str]:
        """Whether it can be relied on, and where the rows are besides."""
        if file.flaw:
            return "broken", "Broken"
        if file.verified_at is None or file.state != ArchiveFile.State.KEPT:
            return "writing", str(ArchiveFile.State(file.state).label)
        if file.batch.state == ArchiveBatch.State.RESTORED:
            return "restored", f"Verified; restored until {moment(file.batch.restored_until)}"
        return "verified", "Verified"

    @column("Verified")
    def verified(self, file: ArchiveFile) -> str:
        """When it was last read and whole."""
        return moment(file.verified_at)

    @column("Columns")
    def column_types(self, file: ArchiveFile) -> str:
        """With their types."""
        return ", ".join(f"{name} {kind}" for name, kind in file.columns.items())


def _by_table(rows: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {table}" for table, number in sorted(rows.items())) or NONE

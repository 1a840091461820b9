"""The audit log in both consoles: to be read, searched, compared and taken along."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter

from audit.chain import current_chain
from audit.exports import csv_lines, json_lines
from audit.models import AuditEntry
from audit.queries import values_of
from audit.services import record_entry
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import moment
from core.admin_filters import DaysFilter
from core.admin_sites import public_site
from tenants.current import connection

_FORMATS = {"csv": ("text/csv; charset=utf-8", csv_lines), "json": ("application/json", json_lines)}


class _ValuesFilter(DropdownFilter):
    """By one of the values that there are."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All of them."""
        return [(value, value) for value in values_of(self.parameter_name)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Entries of the chosen one."""
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class ActionFilter(_ValuesFilter):
    """By what was done."""

    title, parameter_name = "action", "action"


class ResourceFilter(_ValuesFilter):
    """By the kind of what it was done to."""

    title, parameter_name = "kind of resource", "resource_type"


@admin.register(AuditEntry)
@admin.register(AuditEntry, site=public_site)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when and from where."""

    change_form_template = "console/audit_entry.html"
    change_list_template = "console/audit_list.html"
    list_display = ["sequence", "when", "actor", "action", "resource_name", "note", "address"]
    list_display_links = ["sequence", "when"]
    list_filter = [
        ActionFilter,
        ResourceFilter,
        ("actor", FieldTextFilter),
        ("resource_id", FieldTextFilter),
        ("at", DaysFilter),
    ]
    list_defer = ("before", "after", "previous_hash", "hash", "seal")
    search_fields = ["actor", "action", "resource", "=resource_id", "note", "=request_id", "=address"]
    search_help_text = "Searches actors, actions, resources and notes; request ids, addresses and keys in full."
    ordering = ["-sequence"]
    sortable_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """Also where the log is taken along."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.<str:kind>", view, name="audit_auditentry_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> StreamingHttpResponse:
        """What the list shows, as a file with its proof. Taking it along is itself recorded."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in _FORMATS:
            raise Http404
        media, lines = _FORMATS[kind]
        try:
            chosen = self.get_changelist_instance(request).get_queryset(request).defer(None)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        by, chain = cast(models.Model, request.user), current_chain()
        taken = {"format": kind, "filters": request.GET.dict()}
        with transaction.atomic():
            resource = ("auditentry", "", "Audit log")
            record_entry(action="audit.exported", resource=resource, by=by, at=timezone.now(), after=taken)
        tenant = cast(Any, connection.tenant)
        response = StreamingHttpResponse(lines(chosen, tenant=tenant, chain=chain), content_type=media)
        response["Content-Disposition"] = f'attachment; filename="audit-{connection.schema_name}.{kind}"'
        return response

    @column("When (UTC)")
    def when(self, entry: AuditEntry) -> str:
        """To the minute."""
        return moment(entry.at)

    @column("Resource")
    def resource_name(self, entry: AuditEntry) -> str:
        """What it was done to."""
        return f"{entry.resource_type} {entry.resource}"

    def page_context(self, request: HttpRequest, obj: AuditEntry) -> dict[str, Any]:
        """What the page shows beside the entry's own fields."""
        return {
            "differences": differences(obj),
            "resource_page": self._page_of(obj),
            "chain": current_chain(),
            "proof": [(name, bytes(getattr(obj, name)).hex()) for name in ("previous_hash", "hash", "seal")],
        }

    def _page_of(self, entry: AuditEntry) -> str:
        """Where the resource is shown, as far as this console shows it; it may be gone."""
        for model in self.admin_site._registry:
            if model._meta.model_name == entry.resource_type and entry.resource_id:
                try:
                    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
                    return reverse(name, args=[entry.resource_id])
                except NoReverseMatch:
                    break
        return ""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Entries have none."""
        raise Http404


def differences(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """The values that the deed has changed: name, before, after; None where there was none."""
    before, after = entry.before or {}, entry.after or {}
    return [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]

"""One's own files: how far each is, and the file once it is there."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from compliance.admin.labels import SUBMISSIONS, label_of
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import list_url, moment
from core.claims import Claimable
from core.exports import MEDIA
from core.polling import polled
from dashboard.models import Export
from dashboard.services.exports import announce_exports, cancel_export, file_name


def _state(request: HttpRequest) -> Any:
    match = request.resolver_match
    key = match.kwargs.get("object_id") if match else None
    try:
        own = Export.objects.filter(pk=UUID(str(key)), asked_by=cast(User, request.user))
    except ValueError:
        return None
    return list(own.values_list("status", "rows", "error"))


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Services and workers write them; everybody sees their own and nobody else's."""

    change_form_template = "console/export_file.html"
    list_display = ["asked", "kind", "status_label", "rows", "until"]
    list_display_links = ["asked"]
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        """One's own that are still kept."""
        rows: QuerySet[Export] = super().get_queryset(request)
        return rows.filter(asked_by=request.user.pk, expires_at__gt=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        """Also the file, and how to do without it."""
        views = {"download": self.download_view, "cancel": self.cancel_view}
        own = [
            path(f"<uuid:export_id>/{name}/", self.admin_site.admin_view(view), name=f"dashboard_export_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    @polled(_state)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page, which refreshes by itself."""
        return super().changeform_view(request, object_id, form_url, extra_context)

    def page_context(self, request: HttpRequest, obj: Export) -> dict[str, Any]:
        """How far it is."""
        waits = obj.status in (Claimable.Status.QUEUED, Claimable.Status.PROCESSING)
        if waits:
            # A message that was lost, or a worker that died, costs nobody the file.
            announce_exports()
        return {
            "waits": waits,
            "state": label_of(Claimable.Status(obj.status)),
            "download_page": reverse("admin:dashboard_export_download", args=[obj.pk]) if obj.file else "",
            "cancel_page": reverse("admin:dashboard_export_cancel", args=[obj.pk]),
        }

    def download_view(self, request: HttpRequest, export_id: UUID) -> FileResponse:
        """The file, to be saved."""
        export = self._own(request, export_id)
        if not export.file or not export.file.storage.exists(str(export.file.name)):
            raise Http404
        return FileResponse(
            export.file.open("rb"),
            as_attachment=True,
            filename=file_name("violations", export.kind),
            content_type=MEDIA[export.kind],
            headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
        )

    def cancel_view(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        """Stop its writing, or delete what is written."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        cancel_export(self._own(request, export_id))
        messages.success(request, _("The file is deleted."))
        return HttpResponseRedirect(list_url(Export))

    def _own(self, request: HttpRequest, export_id: UUID) -> Export:
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = self.get_queryset(request).filter(pk=export_id).first()
        if export is None:
            raise Http404
        return export

    @column("Asked")
    def asked(self, export: Export) -> str:
        """When."""
        return moment(export.received_at)

    @column("Status", label=SUBMISSIONS)
    def status_label(self, export: Export) -> tuple[str, str]:
        """Whether it is there."""
        return export.status, export.get_status_display()

    @column("Kept until")
    def until(self, export: Export) -> str:
        """When it is deleted."""
        return moment(export.expires_at)

"""Violations and pull requests, whose lists can be saved as views; violations, which can be taken along."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from compliance.admin.violations import ViolationList
from compliance.models import PullRequest, Violation
from core.admin_cells import page_url
from core.admin_keyset import estimated, rounded
from core.errors import DomainError, Invalid
from core.exports import MEDIA, csv_chunks, json_chunks, write_xlsx
from dashboard.admin.pulls import PullPage
from dashboard.admin.spooling import spooled
from dashboard.models import Export, SavedView
from dashboard.services.exports import ASK, ask_for_export, file_name, record_export
from dashboard.services.views import SAVE, SHARE, lasting, save_view
from dashboard.writing import COLUMNS, violation_pages
from overrides.admin.violations import AskingViolationAdmin

AT_ONCE = {"csv": 10_000, "json": 10_000, "xlsx": 2_000}
"""So many rows are sent at once; more are written by a worker, and waited for on a page."""

admin.site.unregister([Violation, PullRequest])


class HasViews:
    """Mixed into a list's class: filters that people save by name, and a list that opens with one of them."""

    change_list_template = "console/viewed_list.html"
    admin_site: Any
    opts: Any

    @property
    def _page(self) -> str:
        return str(self.opts.label_lower)

    def get_urls(self) -> list[URLPattern]:
        """Also where a view is saved."""
        view = self.admin_site.admin_view(self.save_view_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_save_view"
        return [path("views/save/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list with its views; one's default view where the address says nothing."""
        if request.method != "GET" or not request.user.has_perm("dashboard.view_savedview"):
            return super().changelist_view(request, extra_context)  # type: ignore[misc,no-any-return]
        user = cast(User, request.user)
        views = list(SavedView.objects.visible_to(user).filter(page=self._page).select_related("owner"))
        default = next((view for view in views if view.is_default and view.owner_id == user.pk), None)
        if default and default.query and not request.GET:
            return HttpResponseRedirect(f"?{default.query}")
        shown = {"views": self._shown(request, views), "views_page": reverse("admin:dashboard_savedview_changelist")}
        return super().changelist_view(request, {**shown, **(extra_context or {})})  # type: ignore[misc,no-any-return]

    def _shown(self, request: HttpRequest, views: list[SavedView]) -> dict[str, Any]:
        here = lasting(request.GET)
        return {
            "rows": [
                {
                    "name": view.name,
                    "address": f"?{view.query}" if view.query else "?view=all",
                    "chosen": view.query == here,
                    "by": view.owner.get_username() if view.owner_id != request.user.pk else "",
                    "shared": view.shared,
                }
                for view in views
            ],
            "unfiltered": not here,
            "known": any(view.query == here for view in views),
            "query": here,
            "save_page": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_save_view"),
            "may_save": request.user.has_perm(SAVE),
            "may_share": request.user.has_perm(SHARE),
        }

    def save_view_view(self, request: HttpRequest) -> HttpResponse:
        """Save what the list shows."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request) or not request.user.has_perm(SAVE):  # type: ignore[attr-defined]
            raise PermissionDenied
        query = QueryDict(request.POST.get("query", ""))
        try:
            view = save_view(
                page=self._page,
                name=request.POST.get("name", ""),
                query=query,
                by=cast(User, request.user),
                shared="shared" in request.POST,
                is_default="is_default" in request.POST,
            )
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{back}?{lasting(query) or 'view=all'}")


class WholeList(ViolationList):
    """Everything that the filters find, without reading a page of it."""

    def get_results(self, request: HttpRequest) -> None:
        """Nothing is shown."""

    def exceeds(self, most: int) -> bool:
        """Whether these may be more rows. A search reads all that the filters find: so many may be read at once."""
        return bool(self.filtered.values_list("pk")[most : most + 1])


@admin.register(PullRequest)
class ViewedPullRequestAdmin(HasViews, PullPage):
    """Pull requests, by saved views."""


@admin.register(Violation)
class ViewedViolationAdmin(HasViews, AskingViolationAdmin):
    """Violations, by saved views, to take along."""

    def get_urls(self) -> list[URLPattern]:
        """Also where they are taken along."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="compliance_violation_export"), *super().get_urls()]

    def whole(self, request: HttpRequest) -> WholeList:
        """Everything that the filters of an address find, on all pages.

        Raises:
            Invalid: they make no sense.
        """
        try:
            return WholeList(
                request, self.model, (), (), self.get_list_filter(request), None, self.get_search_fields(request), (),
                self.list_per_page, 0, (), self, self.get_sortable_by(request), "",
            )  # fmt: skip
        except IncorrectLookupParameters as error:
            raise Invalid("invalid", "These filters make no sense.") from error

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """GET: how many these are, and in which format. POST: the file, or a page on which to wait for it."""
        if not self.has_view_permission(request) or not request.user.has_perm(ASK):
            raise PermissionDenied
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        try:
            whole = self.whole(request)
            if request.method == "POST":
                return self._exported(request, whole, request.POST.get("format", ""))
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:compliance_violation_changelist"))
        return self._export_page(request, whole)

    def _exported(self, request: HttpRequest, whole: WholeList, kind: str) -> HttpResponseBase:
        if kind not in Export.Kind.values:
            raise Invalid("invalid", "Choose a format.")
        by = cast(User, request.user)
        if whole.exceeds(AT_ONCE[kind]):
            expected = rounded(estimated(whole.queryset))
            export = ask_for_export(kind=kind, query=request.GET, expected=max(expected, 1), by=by, at=timezone.now())
            return HttpResponseRedirect(page_url(export))
        pages = violation_pages(whole.queryset, ascending=not whole.descending)
        record_export("violations", by=by, kind=kind, filters=request.GET)
        if kind == "xlsx":
            chunks = spooled(lambda file: write_xlsx(file, COLUMNS, pages))
        else:
            chunks = json_chunks(pages) if kind == "json" else csv_chunks(COLUMNS, pages)
        response = StreamingHttpResponse(chunks, content_type=MEDIA[kind])
        response["Content-Disposition"] = f'attachment; filename="{file_name("violations", kind)}"'
        return response

    def _export_page(self, request: HttpRequest, whole: WholeList) -> HttpResponse:
        most = max(AT_ONCE.values())
        context = self.admin_site.each_context(request) | {
            "title": _("Export violations"),
            "opts": self.opts,
            "number": None if whole.exceeds(most) else whole.queryset.order_by().count(),
            "many": most,
            "filters": [(name, value) for name, values in request.GET.lists() for value in values if value],
            "kinds": Export.Kind.choices,
            "list_page": f"{reverse('admin:compliance_violation_changelist')}?{request.GET.urlencode()}",
            "exports_page": reverse("admin:dashboard_export_changelist"),
        }
        return TemplateResponse(request, "console/export.html", context)

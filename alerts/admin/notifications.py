"""One's own notifications."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from accounts.models import User
from alerts.admin.labels import TIERS, cell
from alerts.choices import Tier
from alerts.models import Notification
from alerts.queries.bell import bell_of
from alerts.services.reading import mark_read
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import list_url, moment, page_url, web_link
from core.admin_sites import public_site
from core.polling import polled


@polled(lambda request: bell_of(cast(User, request.user)))
def _bell(request: HttpRequest) -> HttpResponse:
    return render(request, "alerts/bell_part.html")


_READ = {"unread": "info", "read": "default"}


class ReadFilter(DropdownFilter):
    """By whether it was read."""

    title, parameter_name = "read", "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Two."""
        return [("no", "Unread"), ("yes", "Read")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        """Those."""
        return queryset.filter(read_at__isnull=self.value() == "no") if self.value() in ("no", "yes") else queryset


@admin.register(Notification)
@admin.register(Notification, site=public_site)
class NotificationAdmin(ReadOnlyAdmin):
    """What a person was told in the console. Everybody sees their own alone."""

    list_display = ["told", "title", "tier_label", "read"]
    list_display_links = ["told", "title"]
    list_filter = [ReadFilter, ("tier", ChoicesDropdownFilter)]
    search_fields = ["title", "body"]
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    actions = ["mark_selected_read", "mark_all_read"]
    fields = ["title", "body", "where", "tier", "told", "read_at"]
    readonly_fields = ["where", "told"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """One's own."""
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.filter(user=cast(User, request.user))

    def get_urls(self) -> list[URLPattern]:
        """Also the bell's, and where its entries and its button lead."""
        views = {"open": self.open_view, "bell": self.bell_view, "read": self.read_view}
        routes = {"open": "<uuid:key>/open/", "bell": "bell/", "read": "read/"}
        own = [
            path(routes[name], self.admin_site.admin_view(view), name=f"alerts_notification_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def bell_view(self, request: HttpRequest) -> HttpResponse:
        """The bell alone, which asks for news from every page."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _bell(request)

    def read_view(self, request: HttpRequest) -> HttpResponse:
        """Mark all of one's own as read, and stay where one is."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        self._marked(request, None)
        back = request.headers.get("Referer", "")
        here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(back if here else list_url(Notification))

    def open_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Mark it as read, and go to what it is about."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        note = self.get_queryset(request).filter(pk=key).first()
        if note is None:
            raise Http404
        mark_read([note.pk], by=cast(User, request.user), at=timezone.now())
        here = url_has_allowed_host_and_scheme(note.link, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(note.link if here else page_url(note))

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Whoever reads them."""
        return bool(self.has_view_permission(request))

    @admin.action(description="Mark as read", permissions=["mark"])
    def mark_selected_read(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Of the selected ones."""
        self._marked(request, list(queryset.values_list("pk", flat=True)))

    @admin.action(description="Mark all of mine as read", permissions=["mark"])
    def mark_all_read(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Of all."""
        self._marked(request, None)

    def _marked(self, request: HttpRequest, keys: list[UUID] | None) -> None:
        marked = mark_read(keys, by=cast(User, request.user), at=timezone.now())
        messages.success(request, f"{marked} marked as read.")

    @column("When (UTC)")
    def told(self, note: Notification) -> str:
        """To the minute."""
        return moment(note.at)

    @column("Tier", label=TIERS)
    def tier_label(self, note: Notification) -> tuple[str, str]:
        """How much it matters."""
        return cell(Tier(note.tier))

    @column("Read", label=_READ)
    def read(self, note: Notification) -> tuple[str, str]:
        """Whether."""
        return ("unread", "Unread") if note.read_at is None else ("read", "Read")

    @column("About")
    def where(self, note: Notification) -> SafeString | str:
        """What it is about."""
        return web_link(note.link)

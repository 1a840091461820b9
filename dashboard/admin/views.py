"""One's saved views: renamed, shared, made the default, deleted."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from core.admin import ConsoleAdmin, column
from core.admin_cells import link
from dashboard.models import SavedView
from dashboard.services.views import SHARE, change_view, delete_view


@admin.register(SavedView)
class SavedViewAdmin(ConsoleAdmin):
    """Views are saved on the lists that they are of; here is what one may do with one's own."""

    list_display = ["name", "page_label", "opened", "shared", "is_default"]
    list_display_links = ["name"]
    ordering = ["page", "name"]
    sortable_by: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedView]:
        """One's own."""
        rows: QuerySet[SavedView] = super().get_queryset(request)
        return rows.filter(owner=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: SavedView | None = None) -> list[str]:
        """Sharing is for who may, and for who wants to end it."""
        may_share = request.user.has_perm(SHARE) or (obj is not None and obj.shared)
        return ["name", *(["shared"] if may_share else []), "is_default"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """On the lists themselves, which know the filters."""
        return False

    def save_model(self, request: HttpRequest, obj: SavedView, form: Any, change: bool) -> None:
        """Let the service change it."""
        kept = SavedView.objects.get(pk=obj.pk)
        sent = form.cleaned_data
        change_view(
            kept,
            name=sent["name"],
            shared=sent.get("shared", kept.shared),
            is_default=sent["is_default"],
            by=cast(User, request.user),
        )

    def delete_model(self, request: HttpRequest, obj: SavedView) -> None:
        """Let the service delete it."""
        delete_view(obj, by=cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SavedView]) -> None:
        """One by one: the service asks whose each is."""
        for view in queryset:
            delete_view(view, by=cast(User, request.user))

    @column("List")
    def page_label(self, view: SavedView) -> str:
        """Of which list."""
        return view.get_page_display()

    @column("Filters")
    def opened(self, view: SavedView) -> SafeString:
        """What it shows."""
        address = reverse(f"admin:{view.page.replace('.', '_')}_changelist")
        return link(f"{address}?{view.query or 'view=all'}", "Open")

"""Routes and holidays."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.models import User
from alerts.choices import Tier
from alerts.models import Holiday, Route
from alerts.services.routing import add_holiday, add_route, edit_route, remove_holiday, remove_route, rename_holiday
from core.admin import ConsoleAdmin, column
from core.admin_forms import LinesField
from core.admin_sites import public_site


class RouteForm(forms.ModelForm[Route]):
    """Which alerts, and where to."""

    tiers = LinesField(required=False, help_text=f"One a line: {', '.join(Tier.values)}. None: all.")
    repositories = LinesField(required=False, help_text="Patterns, one a line: acme/shop, acme/*. None: all.")
    categories = LinesField(required=False, help_text="Patterns of rules' categories, one a line. None: all.")
    channels = LinesField(help_text="One a line: slack:shop-team, email.")

    class Meta:
        model = Route
        fields = ["name", "position", "tiers", "repositories", "categories", "channels", "instead"]
        widgets = {"name": UnfoldAdminTextInputWidget(), "instead": UnfoldBooleanSwitchWidget()}


@admin.register(Route)
@admin.register(Route, site=public_site)
class RouteAdmin(ConsoleAdmin):
    """Who owns the code hears of it first."""

    form = RouteForm
    list_display = ["name", "position", "what", "tells", "instead"]
    ordering = ["position", "name"]
    fieldsets = [
        (None, {"fields": [("name", "position")]}),
        ("Which alerts", {"fields": ["repositories", "categories", "tiers"]}),
        ("Where to", {"fields": ["channels", "instead"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        """Let the service save it."""
        by, at = cast(User, request.user), timezone.now()
        if change:
            edit_route(obj.pk, changes={name: form.cleaned_data[name] for name in form.changed_data}, by=by, at=at)
        else:
            add_route(obj, by=by, at=at)

    def delete_model(self, request: HttpRequest, obj: Route) -> None:
        """Let the service remove it."""
        remove_route(obj, by=cast(User, request.user), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Route]) -> None:
        """One by one."""
        for route in queryset:
            self.delete_model(request, route)

    @column("Which alerts")
    def what(self, route: Route) -> str:
        """What it fits."""
        return ", ".join([*route.repositories, *route.categories, *route.tiers]) or "All"

    @column("Tells")
    def tells(self, route: Route) -> str:
        """Where to."""
        return ", ".join(route.channels)


class HolidayForm(forms.ModelForm[Holiday]):
    """A day and its name."""

    class Meta:
        model = Holiday
        fields = ["day", "name"]
        widgets = {"name": UnfoldAdminTextInputWidget()}


@admin.register(Holiday)
@admin.register(Holiday, site=public_site)
class HolidayAdmin(ConsoleAdmin):
    """Days on which nobody is disturbed by what can wait."""

    form = HolidayForm
    list_display = ["day", "name"]
    search_fields = ["name"]
    ordering = ["-day"]

    def get_readonly_fields(self, request: HttpRequest, obj: Holiday | None = None) -> list[str]:
        """Another day is another holiday."""
        return ["day"] if obj else []

    def save_model(self, request: HttpRequest, obj: Holiday, form: Any, change: bool) -> None:
        """Let the service save it."""
        by, at = cast(User, request.user), timezone.now()
        if change:
            rename_holiday(obj, name=obj.name, by=by, at=at)
        else:
            add_holiday(obj, by=by, at=at)

    def delete_model(self, request: HttpRequest, obj: Holiday) -> None:
        """Let the service remove it."""
        remove_holiday(obj, by=cast(User, request.user), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Holiday]) -> None:
        """One by one."""
        for holiday in queryset:
            self.delete_model(request, holiday)

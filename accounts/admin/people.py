"""What tenants' people and operators share."""

from typing import Any, ClassVar

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm

from core.admin import ConsoleAdmin


class PeopleAdmin(DjangoUserAdmin, ConsoleAdmin):  # type: ignore[misc, type-arg]
    """What tenants' people and operators share: passwords, and that nobody is deleted."""

    change_password_form = AdminPasswordChangeForm
    list_filter: ClassVar[Any] = [("is_active", BooleanRadioFilter)]
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal: ClassVar[Any] = ()
    readonly_fields = ("last_login", "date_joined")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people are deactivated, what they did keeps their name."""
        return False

"""What tenants' people and operators share."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm

from accounts.models import User
from accounts.people import change_password, end_sessions, record_password
from core.admin import ConsoleAdmin
from core.admin_sites import ConsoleSite, public_site
from core.errors import DomainError


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Changing one's own password."""

    def save(self, commit: bool = True) -> Any:
        """Let the service change it."""
        change_password(self.user, password=self.cleaned_data["new_password1"], by=self.user, at=timezone.now())
        return self.user


for site in (admin.site, public_site):
    cast(ConsoleSite, site).own_password_form = OwnPasswordForm


class PeopleAdmin(DjangoUserAdmin, ConsoleAdmin):  # type: ignore[misc, type-arg]
    """What tenants' people and operators share: passwords, and that nobody is deleted."""

    change_password_form = AdminPasswordChangeForm
    list_filter: ClassVar[Any] = [("is_active", BooleanRadioFilter)]
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal: ClassVar[Any] = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ["sign_out"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people are deactivated, what they did keeps their name."""
        return False

    def has_end_sessions_permission(self, request: HttpRequest) -> bool:
        """Who may change people."""
        return bool(self.has_change_permission(request))

    @admin.action(description="Sign out everywhere", permissions=["end_sessions"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End the sessions and tokens of the selected people."""
        for person in queryset:
            try:
                end_sessions(person, by=cast(User, request.user), at=timezone.now())
            except DomainError as error:
                messages.error(request, f"{person}: {error.message}")
            else:
                messages.success(request, f"{person} is signed out everywhere.")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Somebody else's password; ``log_change`` is told once it is changed."""
        request.sets_password = True  # type: ignore[attr-defined]
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """A new password; other changes are recorded by their service."""
        if getattr(request, "sets_password", False):
            record_password(obj, by=cast(User, request.user), at=timezone.now())

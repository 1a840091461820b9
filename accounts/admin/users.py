"""The tenant's people and their roles."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.people import PeopleAdmin
from accounts.models import User
from accounts.people import role_of, save_person
from accounts.roles import Role
from core.admin import column


class RoleField(forms.ChoiceField):
    """The four roles, and nothing else that Django's groups and permissions could say."""

    def __init__(self) -> None:
        super().__init__(choices=[("", "Select value"), *Role.choices], widget=UnfoldAdminSelectWidget())


class NewUserForm(UserCreationForm):
    """A person with a password and a role."""

    role = RoleField()

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]


class UserForm(UserChangeForm):
    """A person's name, role and whether they may sign in."""

    role = RoleField()

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = role_of(self.instance) or ""


class RoleFilter(DropdownFilter):
    """By role."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The four."""
        return [(role.value, str(role.label)) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """People of the chosen role."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(PeopleAdmin):
    """The tenant's people."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "full_name", "email", "role_label", "is_active", "last_login")
    list_filter: ClassVar[Any] = [RoleFilter, ("is_active", BooleanRadioFilter)]
    fieldsets = (
        (None, {"fields": ("username", "password", ("first_name", "last_name"), "email")}),
        ("Access", {"fields": ("role", "is_active", ("last_login", "date_joined"))}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", ("first_name", "last_name"), "email", "role")}),
        ("Password", {"fields": ("usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With their roles."""
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers are not a tenant administrator's to change: their password would be a way up."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and bool(super().has_change_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Let the service make or change the person. What people see in the admin is their role's."""
        save_person(obj, role=Role(form.cleaned_data["role"]), by=cast(User, request.user), at=timezone.now())

    @column("Name")
    def full_name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @column("Role", label=True)
    def role_label(self, user: User) -> str:
        """The role's name."""
        role = role_of(user)
        return str(role.label) if role else ""

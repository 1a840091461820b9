"""The tenant's people and their roles."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.people import PeopleAdmin
from accounts.models import User
from accounts.roles import Role
from core.admin import column

# Roles are the product's: nobody makes groups of their own.
admin.site.unregister(Group)


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
    asking: User
    """Who fills the form in."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = _role_of(self.instance)

    def clean(self) -> dict[str, Any]:
        """Nobody locks themselves out."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk == self.asking.pk and {"role", "is_active"} & set(self.changed_data):
            raise ValidationError("Ask somebody else to change your own role or to deactivate you.")
        return cleaned


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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.asking = request.user  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person. All people may open the admin; what they see there is their role's."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the person exactly the chosen role."""
        super().save_related(request, form, formsets, change)
        form.instance.groups.set([Group.objects.get(name=form.cleaned_data["role"])])

    @column("Name")
    def full_name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @column("Role", label=True)
    def role_label(self, user: User) -> str:
        """The role's name."""
        role = _role_of(user)
        return str(Role(role).label) if role else ""


def _role_of(user: User) -> str:
    held = {group.name for group in user.groups.all()} if user.pk else set()
    return next((role.value for role in reversed(Role) if role.value in held and role != Role.CI_REPORTER), None) or (
        Role.CI_REPORTER.value if Role.CI_REPORTER.value in held else ""
    )

"""The platform's operators, on the public host."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import UserChangeForm, UserCreationForm

from accounts.admin.people import PeopleAdmin
from accounts.models import User
from accounts.people import save_person
from core.admin_sites import public_site


class NewOperatorForm(UserCreationForm):
    """An operator with a password."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]


class OperatorForm(UserChangeForm):
    """An operator's name and whether they may sign in."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active"]


@admin.register(User, site=public_site)
class OperatorAdmin(PeopleAdmin):
    """The platform's operators: accounts of the public schema, each with every right on the public host."""

    form = OperatorForm
    add_form = NewOperatorForm
    list_display = ("username", "email", "is_active", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password", ("first_name", "last_name"), "email", "is_active", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", ("first_name", "last_name"), "email")}),
        ("Password", {"fields": ("usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Operators hold every right on the public host."""
        obj.is_superuser = True
        save_person(obj, role=None, by=cast(User, request.user), at=timezone.now())

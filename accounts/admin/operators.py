"""The platform's operators, on the public host."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import UserChangeForm, UserCreationForm

from accounts.admin.people import PeopleAdmin
from accounts.models import User
from core.admin_sites import public_site


class NewOperatorForm(UserCreationForm):
    """An operator with a password."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]


class OperatorForm(UserChangeForm):
    """An operator's name and whether they may sign in."""

    asking: User

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active"]

    def clean_is_active(self) -> bool:
        """Nobody locks themselves out."""
        active = bool(self.cleaned_data["is_active"])
        if not active and self.instance.pk == self.asking.pk:
            raise ValidationError("Ask somebody else to deactivate you.")
        return active


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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.asking = request.user  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Operators hold every right on the public host."""
        obj.is_staff = obj.is_superuser = True
        super().save_model(request, obj, form, change)

"""Where and when the tenant's people work, and who manages them."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import Organisation, User
from accounts.organisations import edit_organisation
from core.admin import OneRowAdmin
from core.admin_forms import LinesField
from core.admin_sites import public_site


class OrganisationForm(forms.ModelForm[Organisation]):
    """All of it."""

    managers = LinesField(
        required=False,
        help_text="Addresses, one a line, that hear of what nobody acknowledges. None: the administrators.",
    )

    class Meta:
        model = Organisation
        fields = ["time_zone", "opens", "closes", "managers"]
        widgets = {"time_zone": UnfoldAdminTextInputWidget()}


@admin.register(Organisation)
@admin.register(Organisation, site=public_site)
class OrganisationAdmin(OneRowAdmin):
    """One form, no list."""

    form = OrganisationForm
    fieldsets = [
        ("Business hours, Monday to Friday", {"fields": ["time_zone", ("opens", "closes")]}),
        ("Managers", {"fields": ["managers"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """Let the service change it."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_organisation(changes=changes, by=cast(User, request.user), at=timezone.now())

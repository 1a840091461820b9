"""Whose tokens are believed: the organisation's sign-in, and CI services."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.issuers import LADDER
from accounts.models import Issuer, User
from accounts.models.issuers import IssuerKind
from accounts.trusting import add_issuer, edit_issuer
from core.admin import KeptAdmin, column
from core.admin_forms import LinesField, SecretField

_TEXTS = [
    "slug",
    "name",
    "issuer",
    "audience",
    "jwks_url",
    "tenant_claim",
    "tenant_value",
    "username_claim",
    "role_claim",
]


class RolesField(LinesField):
    """``value = role``, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """What the text area shows."""
        return super().prepare_value(
            [f"{name} = {role}" for name, role in value.items()] if isinstance(value, dict) else value
        )

    def to_python(self, value: Any) -> Any:
        """Value → role."""
        if isinstance(value, dict):
            return value
        pairs = [line.rpartition("=") for line in super().to_python(value)]
        if wrong := [role or name for name, equals, role in pairs if not (name.strip() and equals)]:
            raise ValidationError(f"Expected lines like: platform-team = compliance_admin. Not: {wrong[0].strip()}")
        return {name.strip(): role.strip() for name, _, role in pairs}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines say something else."""
        try:
            return bool((initial or {}) != self.to_python(data or ""))
        except ValidationError:
            return True


class IssuerForm(forms.ModelForm[Issuer]):
    """All that is known of an issuer."""

    kind = forms.ChoiceField(choices=IssuerKind.choices, widget=UnfoldAdminSelectWidget, label="Speaks for")
    shared_key = SecretField(
        help_text="For issuers that sign with a shared key (HS256), not a published one. Empty: the stored one stays."
    )
    client_secret = SecretField(help_text="Empty: the stored one stays.")
    roles = RolesField(
        required=False,
        help_text=f"Which value of the role claim gives which role, one a line: heads = {LADDER[0].value}. "
        f"The roles are {', '.join(role.value for role in LADDER)}; the highest counts.",
    )
    repositories = LinesField(
        required=False, help_text="Repositories whose CI jobs may report, one pattern a line: acme/shop, acme/*."
    )

    class Meta:
        model = Issuer
        fields = [field.name for field in Issuer._meta.fields if field.editable and field.name != "id"]
        widgets = {name: UnfoldAdminTextInputWidget() for name in _TEXTS} | {
            name: UnfoldBooleanSwitchWidget() for name in ("enabled", "creates_people", "links_people")
        }


@admin.register(Issuer)
class IssuerAdmin(KeptAdmin):
    """Issuers are switched off, not deleted: people are linked to them."""

    form = IssuerForm
    list_display = ["name", "kind_label", "issuer", "audience", "enabled"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": [("name", "slug"), "kind", "enabled"]}),
        ("Tokens", {"fields": ["issuer", "audience", "jwks_url", "shared_key", "leeway"]}),
        ("Tenant", {"fields": [("tenant_claim", "tenant_value")]}),
        ("People", {"fields": ["username_claim", "role_claim", "roles", "creates_people", "links_people"]}),
        ("Signing in with a browser", {"fields": ["client_id", "client_secret"]}),
        ("CI jobs", {"fields": ["repositories"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tenant admins."""
        return bool(request.user.has_perm("accounts.add_issuer"))

    def get_readonly_fields(self, request: HttpRequest, obj: Issuer | None = None) -> list[str]:
        """What people are linked by stays."""
        return ["slug", "kind"] if obj else []

    def save_model(self, request: HttpRequest, obj: Issuer, form: Any, change: bool) -> None:
        """Let the service do it."""
        given = {name: form.cleaned_data[name] for name in (form.changed_data if change else form.cleaned_data)}
        by, at = cast(User, request.user), timezone.now()
        if change:
            edit_issuer(obj.pk, changes=given, by=by, at=at)
        else:
            obj.pk = add_issuer(values=given, by=by, at=at).pk

    @column("Speaks for", label=True)
    def kind_label(self, issuer: Issuer) -> str:
        """Whom its tokens are for."""
        return str(IssuerKind(issuer.kind).label)

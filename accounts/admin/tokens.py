"""CI tokens: issued, shown once, revoked."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from accounts.models import CIToken, User
from accounts.services import issue_ci_token, revoke_ci_token
from core.admin import KeptAdmin, column
from core.admin_cells import page_url
from core.admin_forms import LinesField


class NewTokenForm(forms.ModelForm[CIToken]):
    """What is asked of a new token."""

    repositories = LinesField(
        help_text="Repositories that it may report for, one pattern a line: acme/shop, acme/*, *."
    )
    expires_at = forms.SplitDateTimeField(
        label="Expires",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
        help_text="In UTC. Empty: it holds until it is revoked.",
    )

    class Meta:
        model = CIToken
        fields = ["name", "repositories", "expires_at"]
        widgets = {"name": UnfoldAdminTextInputWidget()}

    def clean_name(self) -> str:
        """One live token of a name."""
        name = str(self.cleaned_data["name"])
        if CIToken.objects.filter(name=name, revoked_at=None).exists():
            raise ValidationError("There is a token of this name. Revoke it first, or choose another name.")
        return name

    def clean_expires_at(self) -> Any:
        """In the future."""
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise ValidationError("That is over already.")
        return expires_at


TOKEN_STATES = {"live": "success", "expired": "warning", "revoked": "default"}


@admin.register(CIToken)
class CITokenAdmin(KeptAdmin):
    """Tokens are issued and revoked; what they may do never changes."""

    form = NewTokenForm
    change_form_template = "console/ci_token.html"
    list_display = ["name", "beginning", "patterns", "state_label", "expires_at", "last_used_at", "created_by"]
    list_select_related = ["created_by"]
    search_fields = ["name", "prefix"]
    ordering = ["name", "-id"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tenant admins."""
        return bool(request.user.has_perm("accounts.add_citoken"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a token that covers more than when it was handed out is a new one."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Tenant admins."""
        return bool(request.user.has_perm("accounts.change_citoken"))

    def get_fields(self, request: HttpRequest, obj: CIToken | None = None) -> list[str]:
        """The form's fields for a new one; a page of its own shows the others."""
        return [] if obj else ["name", "repositories", "expires_at"]

    def get_urls(self) -> list[URLPattern]:
        """Also the address that the page's button posts to."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:token_id>/revoke/", view, name="accounts_citoken_revoke"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: CIToken, form: Any, change: bool) -> None:
        """Let the service issue the token; its secret goes into this answer and nowhere else."""
        given = form.cleaned_data
        token, obj.secret = issue_ci_token(  # type: ignore[attr-defined]
            name=given["name"],
            repositories=given["repositories"],
            by=cast(User, request.user),
            at=timezone.now(),
            expires_at=given["expires_at"],
        )
        obj.pk = token.pk
        obj.prefix = token.prefix

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret, once: in the answer to the form itself, which no cache and no history keeps."""
        context = self.admin_site.each_context(request) | {
            "title": "CI token",
            "opts": self.opts,
            "token": obj,
            "secret": obj.secret,
            "token_page": page_url(obj),
        }
        # The site forbids caches to store its pages.
        return TemplateResponse(request, "console/ci_token_issued.html", context)

    def revoke_view(self, request: HttpRequest, token_id: int) -> HttpResponse:
        """End one token."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        token = CIToken.objects.filter(pk=token_id).first()
        if token is None:
            raise Http404
        self.revoke(request, CIToken.objects.filter(pk=token_id))
        return HttpResponseRedirect(page_url(token))

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[CIToken]) -> None:
        """End the selected tokens now."""
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            revoke_ci_token(token, by=cast(User, request.user), at=timezone.now())
        messages.success(request, f"Revoked: {', '.join(token.name for token in tokens) or 'none that was live'}.")

    @column("Begins with")
    def beginning(self, token: CIToken) -> str:
        """What it is told by."""
        return f"{token.prefix}…"

    @column("Repositories")
    def patterns(self, token: CIToken) -> str:
        """What it may report for."""
        return ", ".join(token.repositories)

    @column("State", label=TOKEN_STATES)
    def state_label(self, token: CIToken) -> tuple[str, str]:
        """Whether it can be used."""
        state = _state_of(token)
        return state, state.capitalize()

    def page_context(self, request: HttpRequest, obj: CIToken) -> dict[str, Any]:
        """What the page shows."""
        state = _state_of(obj)
        return {
            "state": state.capitalize(),
            "state_colour": TOKEN_STATES[state],
            "may_revoke": obj.revoked_at is None and self.has_revoke_permission(request),
        }


def _state_of(token: CIToken) -> str:
    if token.revoked_at:
        return "revoked"
    return "expired" if token.expires_at and token.expires_at <= timezone.now() else "live"

"""Code hosts, and what they are told."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from accounts.models import User
from compliance.admin.labels import SUBMISSIONS, cell
from compliance.choices import HostKind
from compliance.models import CodeHost, StatusUpdate
from compliance.services.codehosts import add_code_host, edit_code_host, send_again, try_connection
from core.admin import KeptAdmin, ReadOnlyAdmin, column
from core.admin_cells import NONE, list_url, moment, page_url, record_link
from core.admin_forms import SecretField
from core.claims import Claimable
from core.errors import DomainError

_SENT_AGAIN_AT_ONCE = 1_000


class CodeHostForm(forms.ModelForm[CodeHost]):
    """Where a code host is, and what we sign in with."""

    kind = forms.ChoiceField(choices=HostKind.choices, widget=UnfoldAdminSelectWidget)
    base_url = forms.URLField(
        label="API address",
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text="https://api.github.com, https://github.example.com/api/v3, https://gitlab.com",
    )
    token = SecretField(help_text="What statuses and comments are written with. Empty: the stored one stays.")
    webhook_secret = SecretField(help_text="What the host signs its webhooks with. Empty: the stored one stays.")

    class Meta:
        model = CodeHost
        fields = ["kind", "name", "base_url", "enabled", "creates_repositories"]
        widgets = {"name": UnfoldAdminTextInputWidget()}


@admin.register(CodeHost)
class CodeHostAdmin(KeptAdmin):
    """Code hosts are configured by tenant admins. They are switched off, not deleted: their webhooks name them."""

    form = CodeHostForm
    change_form_outer_after_template = "console/code_host.html"
    list_display = ["name", "kind", "base_url", "enabled", "has_token", "has_secret", "waits"]
    ordering = ["name"]
    readonly_fields = ["has_token", "has_secret", "waits"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tenant admins."""
        return bool(request.user.has_perm("compliance.add_codehost"))

    def get_fields(self, request: HttpRequest, obj: CodeHost | None = None) -> list[str]:
        """Who may not change secrets is only told whether there are any."""
        switches = ["enabled", "creates_repositories"]
        secrets = ["token", "webhook_secret"]
        if obj is None:
            return ["kind", "name", "base_url", *secrets, *switches]
        if not self.has_change_permission(request, obj):
            return ["kind", "name", "base_url", "has_token", "has_secret", *switches, "waits"]
        return ["kind", "name", "base_url", "has_token", *secrets[:1], "has_secret", *secrets[1:], *switches, "waits"]

    def get_readonly_fields(self, request: HttpRequest, obj: CodeHost | None = None) -> list[str]:
        """What kind it is, is said once."""
        return [*self.readonly_fields, *(["kind"] if obj else [])]

    def get_urls(self) -> list[URLPattern]:
        """Also the address that the page's button posts to."""
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:host_id>/try/", view, name="compliance_codehost_try"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: CodeHost, form: Any, change: bool) -> None:
        """Let the service save it."""
        by, at = cast(User, request.user), timezone.now()
        values = {name: form.cleaned_data[name] for name in form.changed_data if name != "kind"}
        if change:
            edit_code_host(obj.pk, changes=values, by=by, at=at)
        else:
            given = {name: value for name, value in form.cleaned_data.items() if name != "kind"}
            obj.pk = add_code_host(kind=form.cleaned_data["kind"], values=given, by=by, at=at).pk

    def try_view(self, request: HttpRequest, host_id: int) -> HttpResponse:
        """Sign in at the host, and say how that went."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        host = CodeHost.objects.filter(pk=host_id).first()
        if host is None:
            raise Http404
        try:
            whom = try_connection(host, by=cast(User, request.user))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{host} lets us in as {whom}.")
        return HttpResponseRedirect(page_url(host))

    @column("Token", boolean=True)
    def has_token(self, host: CodeHost) -> bool:
        """Whether there is one."""
        return bool(host.token)

    @column("Webhook secret", boolean=True)
    def has_secret(self, host: CodeHost) -> bool:
        """Whether there is one."""
        return bool(host.webhook_secret)

    @column("Wants us to wait until")
    def waits(self, host: CodeHost) -> str:
        """Its rate limit."""
        return moment(host.paused_until) if host.paused_until and host.paused_until > timezone.now() else NONE

    def page_context(self, request: HttpRequest, obj: CodeHost) -> dict[str, Any]:
        """What stands under the form."""
        return {
            "code_host": obj,
            "may_try": bool(obj.token) and self.has_change_permission(request, obj),
            "webhook_address": request.build_absolute_uri(f"/api/webhooks/{obj.kind}"),
            "messages_page": list_url(StatusUpdate, host__id__exact=obj.pk),
        }


@admin.register(StatusUpdate)
class StatusUpdateAdmin(ReadOnlyAdmin):
    """The outbox: what code hosts are told. Services write it; an admin may send again what has failed."""

    list_display = ["changed", "kind", "about", "commit", "host", "status_label", "attempts", "failure", "sent_when"]
    list_display_links = ["changed"]
    list_filter = [("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), "host"]
    list_select_related = ["host", "pull_request__repository"]
    list_defer = ("pull_request__description",)
    search_fields = ["repository__name", "^target"]
    search_help_text = "Searches repositories and the beginnings of commits."
    ordering = ["-received_at"]
    sortable_by: tuple[str, ...] = ()
    actions = ["send_again"]
    fields = ["kind", "about", "target", "host", "status", "attempts", "error", "received_at", "run_after", "sent_at"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Compliance admins."""
        return bool(request.user.has_perm("compliance.change_statusupdate"))

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[StatusUpdate]) -> None:
        """Give the failed ones among the selected messages their attempts back."""
        failed = list(queryset.filter(status=Claimable.Status.FAILED)[:_SENT_AGAIN_AT_ONCE])
        for update in failed:
            send_again(update, by=cast(User, request.user), at=timezone.now())
        if failed:
            messages.success(request, f"{len(failed)} message{'' if len(failed) == 1 else 's'} will be sent again.")
        else:
            messages.warning(request, "None of these has failed.")

    @column("Changed")
    def changed(self, update: StatusUpdate) -> str:
        """When it last had something to say."""
        return moment(update.received_at)

    @column("About")
    def about(self, update: StatusUpdate) -> SafeString | str:
        """Which pull request."""
        return record_link(update.pull_request)

    @column("Commit")
    def commit(self, update: StatusUpdate) -> str:
        """The beginning of its hash."""
        return update.target[:12] if update.kind == "status" else NONE

    @column("Status", label=SUBMISSIONS)
    def status_label(self, update: StatusUpdate) -> tuple[str, str]:
        """How far it got."""
        return cell(Claimable.Status(update.status))

    @column("The host said")
    def failure(self, update: StatusUpdate) -> str:
        """Why it was not taken, in short."""
        return Truncator(update.error).chars(100) or NONE

    @column("Sent")
    def sent_when(self, update: StatusUpdate) -> str:
        """When the host took it last."""
        return moment(update.sent_at)

"""Requests: the list to work through, and a page on which to decide one."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from accounts.models import User
from compliance.models import PullRequest
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import link, moment, page_url, page_url_of
from core.admin_filters import DaysFilter
from core.errors import DomainError
from overrides.admin.asking import ask_view
from overrides.admin.bulk import bulk_view, confirm_page
from overrides.admin.filters import EndFilter, StandingFilter
from overrides.admin.forms import ApproveForm, ReasonForm
from overrides.admin.labels import STANDINGS
from overrides.admin.pages import picture
from overrides.choices import Kind
from overrides.models import OverrideRequest
from overrides.queries.requests import about
from overrides.services.asking import renew_override, withdraw_override
from overrides.services.deciding import approve_override, reject_override, revoke_override
from overrides.services.expiring import expire_for_reader
from overrides.services.people import DECIDE

_KINDS = {Kind.OVERRIDE: "primary", Kind.FALSE_POSITIVE: "default"}
# Verb → service, form, and what is said afterwards.
_VERBS: dict[str, tuple[Callable[..., OverrideRequest], Any, str]] = {
    "approve": (approve_override, ApproveForm, "Approved. The pull request is judged anew."),
    "reject": (reject_override, ReasonForm, "Rejected."),
    "revoke": (revoke_override, ReasonForm, "Revoked. The pull request is judged anew."),
    "withdraw": (withdraw_override, None, "Withdrawn."),
    "renew": (renew_override, None, "Asked for again: this is the new request."),
}


@admin.register(OverrideRequest)
class OverrideRequestAdmin(ReadOnlyAdmin):
    """Services write requests; the buttons here call them."""

    change_form_template = "console/override.html"
    list_display = ["name", "kind_label", "what", "standing_label", "requested_by_label", "requested", "ends"]
    list_display_links = ["name"]
    list_filter = [
        StandingFilter,
        ("kind", ChoicesDropdownFilter),
        EndFilter,
        ("pull_request", AutocompleteSelectFilter),
        ("requested_at", DaysFilter),
    ]
    search_fields = ["reason", "=requested_by_label", "=decided_by_label", "pull_request__repository__name"]
    search_help_text = "Searches reasons and repositories, and people by their user names."
    ordering = ["-id"]
    sortable_by = ["requested"]
    actions = ["approve_selected", "reject_selected"]
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[OverrideRequest]:
        """With their pull requests."""
        rows: QuerySet[OverrideRequest] = super().get_queryset(request)
        return rows.select_related("pull_request__repository")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with what each of its requests is about: one query for all of them."""
        changes = super().get_changelist_instance(request)
        known = about(changes.result_list)
        for row in changes.result_list:
            row.about = known[row.pk]
        return changes

    def get_urls(self) -> list[URLPattern]:
        """Also the addresses that forms post to."""
        site, name = self.admin_site.admin_view, "overrides_overriderequest"
        verbs = [
            path(f"<uuid:override_id>/{verb}/", site(partial(self.verb_view, verb=verb)), name=f"{name}_{verb}")
            for verb in _VERBS
        ]
        own = [
            path("ask/", site(partial(ask_view, self)), name=f"{name}_ask"),
            path("decide/", site(partial(bulk_view, self)), name=f"{name}_decide"),
            path("<uuid:override_id>/evidence/", site(self.evidence_view), name=f"{name}_evidence"),
        ]
        return [*own, *verbs, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; what is over has ended first."""
        expire_for_reader(at=timezone.now())
        return super().changelist_view(request, extra_context)

    def page_context(self, request: HttpRequest, obj: OverrideRequest) -> dict[str, Any]:
        """What the page shows; what is over has ended first."""
        expire_for_reader(at=timezone.now())
        obj.refresh_from_db()
        return picture(request, obj, at=timezone.now())

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Compliance admins and tenant admins."""
        return bool(request.user.has_perm(DECIDE))

    def verb_view(self, request: HttpRequest, override_id: UUID, verb: str) -> HttpResponse:
        """Do one thing with one request; the service says who may."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        service, form_class, done = _VERBS[verb]
        form = form_class(request.POST) if form_class else None
        override = OverrideRequest.objects.filter(pk=override_id).first()
        if override is None:
            raise Http404
        if form is not None and not form.is_valid():
            messages.error(request, " ".join(f"{name}: {' '.join(texts)}" for name, texts in form.errors.items()))
            return HttpResponseRedirect(page_url(override))
        given = form.cleaned_data if form is not None else {}
        try:
            changed = service(override_id=override_id, by=cast(User, request.user), at=timezone.now(), **given)
        except DomainError as error:
            if error.code == "forbidden":
                raise PermissionDenied from error
            messages.error(request, error.message)
            return HttpResponseRedirect(page_url(override))
        messages.success(request, done)
        return HttpResponseRedirect(page_url(changed))

    def evidence_view(self, request: HttpRequest, override_id: UUID) -> HttpResponse | FileResponse:
        """The file that was brought along, to be saved and never shown: it is a stranger's."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        override = OverrideRequest.objects.filter(pk=override_id).exclude(evidence="").first()
        if override is None or not override.evidence.storage.exists(str(override.evidence.name)):
            raise Http404
        return FileResponse(
            override.evidence.open("rb"),
            as_attachment=True,
            filename=override.evidence_name,
            content_type="application/octet-stream",
            headers={"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"},
        )

    @admin.action(description="Approve…", permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[OverrideRequest]) -> HttpResponse:
        """Ask for one reason for all."""
        return confirm_page(self, request, queryset, verb="approve")

    @admin.action(description="Reject…", permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[OverrideRequest]) -> HttpResponse:
        """Ask for one reason for all."""
        return confirm_page(self, request, queryset, verb="reject")

    @column("Pull request")
    def name(self, override: OverrideRequest) -> str:
        """Which."""
        return str(override.pull_request)

    @column("Kind", label=_KINDS)
    def kind_label(self, override: OverrideRequest) -> tuple[str, str]:
        """What is asked for."""
        return override.kind, override.get_kind_display()

    @column("About")
    def what(self, override: Any) -> SafeString:
        """Rules, and how many violations."""
        rules, number = override.about
        shown = ", ".join(rules[:3]) + (" …" if len(rules) > 3 else "")
        return link(page_url_of(PullRequest, override.pull_request_id), f"{shown} ({number})")

    @column("Status", label=STANDINGS)
    def standing_label(self, override: OverrideRequest) -> tuple[str, str]:
        """Where it stands now."""
        standing = override.standing_at(timezone.now())
        return standing.value, str(standing.label)

    @column("Asked", ordering="id")
    def requested(self, override: OverrideRequest) -> str:
        """When."""
        return moment(override.requested_at)

    @column("Ends")
    def ends(self, override: OverrideRequest) -> str:
        """Until when it holds."""
        return moment(override.expires_at)

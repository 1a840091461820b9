"""The page on which somebody asks."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.admin.labels import label_of
from compliance.choices import Severity, Status
from compliance.models import PullRequest, TenantSettings, Violation
from core.admin_cells import page_url
from core.errors import DomainError
from overrides.admin.forms import AskForm
from overrides.choices import Kind
from overrides.limits import MAX_VIOLATIONS
from overrides.services.asking import request_override
from overrides.services.people import ASK

_SHOWN = 200
"""So many violations may be chosen one by one; what goes beyond is asked for as a whole."""


def ask_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the form, for ``?violation=`` or all that live on ``?pull=``. POST: ask."""
    if not request.user.has_perm(ASK):
        raise PermissionDenied
    if request.method == "GET":
        return ask_page(model_admin, request, _named(request))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    form = AskForm(request.POST, request.FILES)
    chosen = _keys([*request.POST.getlist("chosen"), *request.POST.get("rest", "").split(",")])
    if form.is_valid():
        given = form.cleaned_data
        given["kind"] = Kind(given["kind"])
        try:
            asked = request_override(violations=chosen, by=cast(User, request.user), at=timezone.now(), **given)
        except DomainError as error:
            if error.code == "forbidden":
                raise PermissionDenied from error
            form.refuse(error)
        else:
            messages.success(request, "Asked for. Somebody else has to decide it.")
            return HttpResponseRedirect(page_url(asked))
    return ask_page(model_admin, request, chosen, form=form)


def ask_page(
    model_admin: Any, request: HttpRequest, violations: Sequence[UUID], *, form: AskForm | None = None
) -> HttpResponse:
    """The form about these violations."""
    found = Violation.objects.live().filter(pk__in=violations).select_related("rule", "pull_request__repository")
    ordered = list(found.defer("context").order_by("pull_request", "rule", "id"))
    rest = [str(violation.pk) for violation in ordered[_SHOWN:]]
    context = model_admin.admin_site.each_context(request) | {
        "title": "Ask for an override",
        "opts": model_admin.opts,
        "form": form or AskForm(),
        "rows": [_row(violation) for violation in ordered[:_SHOWN]],
        "rest": ",".join(rest),
        "rest_count": len(rest),
        "pulls": sorted({str(violation.pull_request) for violation in ordered}),
        "longest_days": TenantSettings.current().longest_override_days,
        "action": ask_url(),
    }
    status = 422 if form is not None else 200
    return TemplateResponse(request, "console/override_ask.html", context, status=status)


def ask_url() -> str:
    """Where one asks."""
    return reverse("admin:overrides_overriderequest_ask")


def _named(request: HttpRequest) -> list[UUID]:
    if pulls := _keys([request.GET.get("pull", "")]):
        live = Violation.objects.live().filter(pull_request__in=PullRequest.objects.filter(pk__in=pulls))
        return list(live.order_by("id").values_list("pk", flat=True)[:MAX_VIOLATIONS])
    return _keys(request.GET.getlist("violation"))


def _keys(texts: Sequence[str]) -> list[UUID]:
    """What reads as a key; the rest was not made by our page."""
    keys = []
    for text in texts:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys


def _row(violation: Violation) -> dict[str, Any]:
    return {
        "violation": violation,
        "page": page_url(violation),
        "severity": label_of(Severity(violation.severity)),
        "status": label_of(Status(violation.status)),
    }

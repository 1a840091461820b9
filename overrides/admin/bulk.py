"""Several decisions with one reason. Each is a transaction of its own, and each has its own outcome."""

from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.admin.labels import Label, label_of
from core.admin_cells import page_url_of
from core.errors import DomainError
from overrides.admin.forms import BulkForm
from overrides.choices import Kind
from overrides.models import OverrideRequest
from overrides.queries.outlook import outlook
from overrides.queries.requests import about
from overrides.queries.rows import fence, rows_of
from overrides.services.deciding import approve_override, reject_override

AT_ONCE = 100
_DONE = {"approve": Label("Approved", "success"), "reject": Label("Rejected", "success")}
_REFUSED = Label("Not decided", "danger")


def confirm_page(
    model_admin: Any, request: HttpRequest, chosen: QuerySet[OverrideRequest], *, verb: str, form: Any = None
) -> HttpResponse:
    """What is about to be decided, each with its verdict now and after, and the form for the reason."""
    overrides = list(chosen.select_related("pull_request__repository").order_by("pk")[:AT_ONCE])
    known = about(overrides)
    rows = [_row(override, known[override.pk].rules) for override in overrides]
    form = form or BulkForm(auto_id="bulk_%s")
    if verb == "reject":
        form.fields.pop("expires_at", None)
    return _page(model_admin, request, verb, {"rows": rows, "form": form, "cut": chosen.count() > AT_ONCE})


def bulk_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Decide, one after the other, in the order of their age, and say what became of each."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    verb = request.POST.get("verb", "")
    if not model_admin.has_decide_permission(request) or verb not in _DONE:
        raise PermissionDenied
    form = BulkForm(request.POST, auto_id="bulk_%s")
    keys = _keys(request)
    chosen = OverrideRequest.objects.filter(pk__in=keys)
    if not form.is_valid():
        return confirm_page(model_admin, request, chosen, verb=verb, form=form)
    outcomes = [
        _decided(request, verb, override, form.cleaned_data)
        for override in chosen.select_related("pull_request__repository").order_by("pk")
    ]
    return _page(model_admin, request, verb, {"outcomes": outcomes})


def _decided(request: HttpRequest, verb: str, override: OverrideRequest, given: dict[str, Any]) -> dict[str, Any]:
    outcome = {"override": override, "page": page_url_of(OverrideRequest, override.pk), "label": _DONE[verb]}
    fields: dict[str, Any] = {"override_id": override.pk, "by": cast(User, request.user), "at": timezone.now()}
    try:
        if verb == "reject":
            reject_override(reason=given["reason"], **fields)
        else:
            until = None if override.kind == Kind.FALSE_POSITIVE else given["expires_at"]
            seen = request.POST.get(f"seen_{override.pk}", "")
            approve_override(note=given["reason"], expires_at=until, seen=seen, **fields)
    except DomainError as error:
        return outcome | {"label": _REFUSED, "message": error.message}
    except OperationalError:
        return outcome | {"label": _REFUSED, "message": "Its pull request is being worked on. Try again."}
    return outcome | {"message": ""}


def _row(override: OverrideRequest, rules: list[str]) -> dict[str, Any]:
    rows = rows_of(override)
    ahead = outlook(override, rows, at=timezone.now())
    return {
        "override": override,
        "page": page_url_of(OverrideRequest, override.pk),
        "rules": ", ".join(rules),
        "violations": len(rows),
        "seen": fence(rows),
        "verdict": label_of(ahead.now.verdict),
        "after": label_of(ahead.after) if ahead.after else None,
    }


def _page(model_admin: Any, request: HttpRequest, verb: str, shown: dict[str, Any]) -> HttpResponse:
    context = model_admin.admin_site.each_context(request) | {
        "title": f"{verb.capitalize()} overrides",
        "opts": model_admin.opts,
        "verb": verb,
        "action": reverse("admin:overrides_overriderequest_decide"),
        "list_page": reverse("admin:overrides_overriderequest_changelist"),
        **shown,
    }
    return TemplateResponse(request, "console/override_bulk.html", context)


def _keys(request: HttpRequest) -> list[UUID]:
    keys = []
    for text in request.POST.getlist("override")[:AT_ONCE]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys

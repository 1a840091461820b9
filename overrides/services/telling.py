"""Telling people of a request: who may decide it, and then who asked for it."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from alerts.services.notices import notify
from overrides.choices import Kind, Standing
from overrides.models import OverrideRequest
from overrides.services.people import DECIDE
from tenants.addresses import absolute


def tell_deciders(request: OverrideRequest, *, at: datetime) -> None:
    """Somebody asks: everybody who may decide hears of it, who asked aside."""
    app, codename = DECIDE.split(".")
    permitted = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    others = User.objects.filter(permitted, is_active=True).exclude(override_requests=request).distinct()
    title = f"{request.requested_by_label} asks for {_kind(request)} on {request.pull_request}"
    notify(others, title=title, items=[request.reason], link=_page(request), at=at)


def tell_requester(request: OverrideRequest, *, at: datetime) -> None:
    """It is decided, or over: who asked hears how, and why."""
    people = User.objects.filter(override_requests=request, is_active=True)
    standing = Standing(request.status)
    title = f"Your request for {_kind(request)} on {request.pull_request}: {str(standing.label).lower()}"
    said = request.revocation_reason or request.rejection_reason or request.note
    facts = [("By", request.ended_by_label or request.decided_by_label)]
    if standing == Standing.APPROVED and request.expires_at:
        facts.append(("Until", f"{request.expires_at:%d %B %Y %H:%M} UTC"))
    notify(people, title=title, items=[said] if said else [], facts=facts, link=_page(request), at=at)


def _kind(request: OverrideRequest) -> str:
    return "a false positive" if request.kind == Kind.FALSE_POSITIVE else "an override"


def _page(request: OverrideRequest) -> str:
    return absolute(reverse("admin:overrides_overriderequest_change", args=[request.pk], urlconf="config.urls"))

"""Violations and pull requests, with what was asked for on them and the way to ask."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from compliance.admin.pulls import PullRequestAdmin
from compliance.admin.violations import ViolationAdmin
from compliance.choices import PullState
from compliance.models import PullRequest, Violation
from core.admin_cells import page_url
from overrides.admin.asking import ask_page, ask_url
from overrides.admin.labels import label_of_standing
from overrides.limits import MAX_VIOLATIONS
from overrides.models import OverrideRequest
from overrides.services.people import ASK

_SHOWN = 20

admin.site.unregister([Violation, PullRequest])


@admin.register(Violation)
class AskingViolationAdmin(ViolationAdmin):
    """Violations that can be asked about."""

    change_form_template = "console/violation_overrides.html"
    actions = ["ask_for_overrides"]

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Everybody who reads."""
        return bool(request.user.has_perm(ASK))

    @admin.action(description="Ask for an override…", permissions=["ask"])
    def ask_for_overrides(self, request: HttpRequest, queryset: QuerySet[Violation]) -> HttpResponse | None:
        """For the live ones among the selected, which have to be of one pull request."""
        live = queryset.order_by().filter(resolved_at=None)
        pulls = live.values_list("pull_request", flat=True).distinct()[:2]
        if len(pulls) != 1:
            told = "Choose violations of one pull request." if pulls else "None of these is live."
            messages.error(request, told)
            return None
        keys = list(live.values_list("pk", flat=True)[:MAX_VIOLATIONS])
        return ask_page(self, request, keys)

    def page_context(self, request: HttpRequest, obj: Violation) -> dict[str, Any]:
        """What the page shows, and the requests that name the violation."""
        asked = OverrideRequest.objects.naming(obj.pk).order_by("-id")[:_SHOWN]
        may_ask = obj.resolved_at is None and self.has_ask_permission(request)
        page = f"{ask_url()}?{urlencode({'violation': obj.pk})}" if may_ask else ""
        return super().page_context(request, obj) | {"overrides": shown_requests(asked), "ask_page": page}


@admin.register(PullRequest)
class AskingPullRequestAdmin(PullRequestAdmin):
    """Pull requests about whose violations can be asked."""

    def page_context(self, request: HttpRequest, obj: PullRequest) -> dict[str, Any]:
        """What the page shows, and the way to ask."""
        shown = super().page_context(request, obj)
        live = any(obj.counts) or bool(shown["breakdown"])
        may_ask = live and obj.state == PullState.OPEN and request.user.has_perm(ASK)
        return shown | {"ask_page": f"{ask_url()}?{urlencode({'pull': obj.pk})}" if may_ask else ""}


def shown_requests(asked: Iterable[OverrideRequest]) -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {"override": one, "page": page_url(one), "standing": label_of_standing(one.standing_at(now))} for one in asked
    ]

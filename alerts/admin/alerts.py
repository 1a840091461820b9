"""Alerts: what is wrong, who is at it, and why people were told of it or not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter, TextFilter

from accounts.models import User
from alerts.admin.labels import OUTCOMES, STATES, STATUSES, TIERS, cell, label
from alerts.admin.posting import button
from alerts.choices import AlertState, Occasion, Tier
from alerts.escalation import thawed
from alerts.messages import of_alert
from alerts.models import Alert, Delivery
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.silencing import silence_alert
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import NONE, list_url, moment, page_url, web_address
from core.admin_filters import DaysFilter
from core.admin_sites import public_site
from core.errors import Invalid

_SHOWN = 200
SPANS = {"1": "1 hour", "4": "4 hours", "24": "1 day", "72": "3 days", "168": "1 week", "720": "30 days"}
"""Hours that something can be silenced for."""


class FactFilter(TextFilter):
    """By one of the facts, in full."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        """Alerts with this fact."""
        return queryset.filter(**{f"facts__{self.parameter_name}": self.value()}) if self.value() else queryset


class RepositoryFilter(FactFilter):
    """By repository."""

    title, parameter_name = "repository", "repository"


class RuleFilter(FactFilter):
    """By rule."""

    title, parameter_name = "rule", "rule"


@admin.register(Alert)
@admin.register(Alert, site=public_site)
class AlertAdmin(ReadOnlyAdmin):
    """What was raised. Services write it; people acknowledge and silence."""

    change_form_template = "console/alert.html"
    list_display = ["opened", "tier_label", "state_label", "title", "count", "acknowledged"]
    list_display_links = ["opened", "title"]
    list_filter = [
        ("tier", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        RepositoryFilter,
        RuleFilter,
        ("opened_at", DaysFilter),
    ]
    list_defer = ("facts", "chain", "told", "link")
    search_fields = ["title", "acknowledged_by", "=key"]
    search_help_text = "Searches titles and who acknowledged."
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """Also the addresses of the page's buttons."""
        own = [
            button(
                self,
                "alerts_alert_acknowledge",
                route="<uuid:key>/acknowledge/",
                permission="alerts.acknowledge_alert",
                deed=_acknowledge,
            ),
            button(
                self,
                "alerts_alert_silence",
                route="<uuid:key>/silence/",
                permission="alerts.add_silence",
                deed=_silence,
            ),
        ]
        return [*own, *super().get_urls()]

    @column("Opened (UTC)")
    def opened(self, alert: Alert) -> str:
        """When."""
        return moment(alert.opened_at)

    @column("Tier", label=TIERS)
    def tier_label(self, alert: Alert) -> tuple[str, str]:
        """How much it matters."""
        return cell(Tier(alert.tier))

    @column("State", label=STATES)
    def state_label(self, alert: Alert) -> tuple[str, str]:
        """Where it stands."""
        return cell(AlertState(alert.state))

    @column("Acknowledged by")
    def acknowledged(self, alert: Alert) -> str:
        """Who is at it."""
        return alert.acknowledged_by or NONE

    def page_context(self, request: HttpRequest, obj: Alert) -> dict[str, Any]:
        """What the page shows."""
        said = of_alert(
            title=obj.title,
            tier=obj.tier,
            count=obj.count,
            facts=obj.facts,
            link=obj.link,
            occasion=Occasion.OPENED,
        )
        return {
            "tier": label(Tier(obj.tier), TIERS),
            "state": label(AlertState(obj.state), STATES),
            "said": said,
            "link": web_address(obj.link),
            "next_step": _next_step(obj),
            "events": list(obj.events.order_by("-id")[:_SHOWN]),
            "deliveries": [_row(delivery) for delivery in obj.deliveries.order_by("-id")[:_SHOWN]],
            "deliveries_page": list_url(Delivery, q=obj.pk),
            "may_acknowledge": obj.state == AlertState.OPEN and request.user.has_perm("alerts.acknowledge_alert"),
            "may_silence": obj.state != AlertState.RESOLVED and request.user.has_perm("alerts.add_silence"),
            "spans": SPANS,
        }


def span_of(request: HttpRequest) -> timedelta:
    """The chosen time.

    Raises:
        Invalid: none of those offered was chosen.
    """
    chosen = request.POST.get("hours", "")
    if chosen not in SPANS:
        raise Invalid("invalid", "Choose for how long.")
    return timedelta(hours=int(chosen))


def _acknowledge(request: HttpRequest, key: UUID, by: User) -> str:
    acknowledge_alert(key, by=by, label=str(by), via="console", at=timezone.now())
    return "Acknowledged: nobody else is called."


def _silence(request: HttpRequest, key: UUID, by: User) -> str:
    at = timezone.now()
    until = at + span_of(request)
    silence_alert(key, until=until, reason=request.POST.get("reason", "").strip(), by=by, at=at)
    return f"Silenced until {moment(until)} UTC."


def _next_step(alert: Alert) -> str:
    if alert.next_step_at is None:
        return ""
    step = thawed(alert.chain)[alert.steps_taken]
    return f"{', '.join(step.channels)} at {moment(alert.next_step_at)} UTC"


def _row(delivery: Delivery) -> dict[str, Any]:
    outcome = Delivery.Outcome(delivery.outcome) if delivery.outcome else None
    return {
        "delivery": delivery,
        "page": page_url(delivery),
        "status": label(outcome, OUTCOMES) if outcome else label(Delivery.Status(delivery.status), STATUSES),
    }

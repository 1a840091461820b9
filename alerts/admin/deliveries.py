"""Deliveries: what was sent to whom, how that went, and once more."""

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from accounts.models import User
from alerts.admin.labels import OUTCOMES, STATUSES, TIERS, cell
from alerts.choices import Tier
from alerts.models import Delivery
from alerts.services.resending import send_again
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import NONE, moment, record_link
from core.admin_filters import DaysFilter
from core.admin_sites import public_site
from core.errors import DomainError

_AT_ONCE = 200


@admin.register(Delivery)
@admin.register(Delivery, site=public_site)
class DeliveryAdmin(ReadOnlyAdmin):
    """Services write them; an admin may send them again."""

    list_display = [
        "written",
        "occasion",
        "headline",
        "channel_name",
        "recipient",
        "tier_label",
        "status_label",
        "outcome_label",
        "attempts",
        "failure",
    ]
    list_display_links = ["written"]
    list_filter = [
        ("channel", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
        ("tier", ChoicesDropdownFilter),
        ("occasion", ChoicesDropdownFilter),
        ("received_at", DaysFilter),
    ]
    search_fields = ["recipient", "channel_name", "=alert__id", "=id"]
    search_help_text = "Searches recipients and channels; keys of alerts and messages in full."
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    actions = ["send_selected_again"]
    fieldsets = [
        (None, {"fields": ["said", "facts", ("about", "tier"), ("channel_name", "recipient")]}),
        (
            "How it went",
            {
                "fields": [
                    ("status", "outcome"),
                    ("attempts", "error"),
                    ("received_at", "run_after", "finished_at"),
                    ("reference", "bundled"),
                ]
            },
        ),
    ]
    readonly_fields = ["said", "facts", "about"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Compliance admins, although nobody edits a message."""
        return bool(request.user.has_perm("alerts.change_delivery"))

    @admin.action(description="Send again", permissions=["send"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the selected messages once more."""
        sent = 0
        for key in list(queryset.values_list("pk", flat=True)[:_AT_ONCE]):
            try:
                send_again(key, by=cast(User, request.user), at=timezone.now())
                sent += 1
            except DomainError as error:
                messages.warning(request, error.message)
        if sent:
            messages.success(request, f"{sent} message{'' if sent == 1 else 's'} will be sent again.")

    @column("Written (UTC)")
    def written(self, delivery: Delivery) -> str:
        """When it was decided on."""
        return moment(delivery.received_at)

    @column("Message")
    def headline(self, delivery: Delivery) -> str:
        """Its first line."""
        return Truncator(delivery.message.get("headline", "")).chars(90)

    @column("Message")
    def said(self, delivery: Delivery) -> SafeString:
        """What it says."""
        lines = [delivery.message.get("headline", ""), *delivery.message.get("items", [])]
        return format_html_join("", '<span class="console-wrap">{}</span>', ((line,) for line in lines))

    @column("Facts")
    def facts(self, delivery: Delivery) -> SafeString | str:
        """What it names."""
        rows = format_html_join("", '<span class="console-wrap">{}: {}</span>', delivery.message.get("facts", []))
        return rows or NONE

    @column("About")
    def about(self, delivery: Delivery) -> SafeString | str:
        """Which alert."""
        return record_link(delivery.alert)

    @column("Tier", label=TIERS)
    def tier_label(self, delivery: Delivery) -> tuple[str, str]:
        """How much it matters."""
        return cell(Tier(delivery.tier))

    @column("Status", label=STATUSES)
    def status_label(self, delivery: Delivery) -> tuple[str, str]:
        """How far it got."""
        return cell(Delivery.Status(delivery.status))

    @column("Outcome", label=OUTCOMES)
    def outcome_label(self, delivery: Delivery) -> tuple[str, str]:
        """What became of it."""
        return cell(Delivery.Outcome(delivery.outcome)) if delivery.outcome else ("", NONE)

    @column("Error")
    def failure(self, delivery: Delivery) -> str:
        """Why it failed, in short."""
        return Truncator(delivery.error).chars(80) or NONE

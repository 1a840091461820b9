"""What every schema has from the start: the three policies, the console as a channel, and who may do what."""

from datetime import time, timedelta
from typing import Any

from accounts.roles import Role, grant, in_tenant_schema
from alerts.choices import ChannelKind, Frequency, Tier
from alerts.escalation import Step, frozen
from alerts.models import AlertPolicy, Channel
from alerts.services.desk import PEOPLE

READABLE = (
    "alert",
    "alertevent",
    "alertpolicy",
    "alertsettings",
    "delivery",
    "digest",
    "holiday",
    "notification",
    "route",
    "silence",
)
EDITABLE = ("alertpolicy", "alertsettings", "channel", "route", "silence", "holiday")

POLICIES: dict[Tier, dict[str, Any]] = {
    Tier.BLOCK: {
        "channels": ["slack", "email", "pagerduty"],
        "threshold": 1,
        "deduplication_window": timedelta(hours=1),
        "escalation": frozen([Step(timedelta(minutes=15), ("pagerduty",))]),
        "quiet_hours": False,
    },
    Tier.OVERRIDE: {
        "channels": ["slack", "email"],
        "threshold": 5,
        "frequency": Frequency.DAILY,
        "aggregation_window": timedelta(hours=1),
        "max_per_day": 5,
        "quiet_hours": True,
        "summary_time": time(9),
        "escalation": frozen([Step(timedelta(hours=4), ("email:managers",))]),
    },
    Tier.WARNING: {
        "channels": ["email"],
        "threshold": 10,
        "frequency": Frequency.WEEKLY,
        "summary_time": time(9),
        "quiet_hours": True,
    },
}

# What warns operators comes one by one, of the installation itself: after a week it would warn nobody.
OPERATORS_WARNING = POLICIES[Tier.WARNING] | {"threshold": 1, "frequency": Frequency.IMMEDIATE, "quiet_hours": False}


def fill_in(**_: Any) -> None:
    """After each migration, the template's and the public schema's included. Repeating changes nothing."""
    policies = POLICIES if in_tenant_schema() else POLICIES | {Tier.WARNING: OPERATORS_WARNING}
    for tier, policy in policies.items():
        AlertPolicy.objects.get_or_create(tier=tier, defaults=policy)
    Channel.objects.get_or_create(kind=ChannelKind.IN_APP, name="console")
    # It has no recipients of its own, so that no policy means it.
    Channel.objects.get_or_create(kind=ChannelKind.EMAIL, name=PEOPLE, defaults={"general": False})
    if not in_tenant_schema():
        return
    grant(Role.VIEWER, *(f"alerts.view_{model}" for model in READABLE))
    grant(Role.COMPLIANCE_ADMIN, "alerts.acknowledge_alert", "alerts.change_delivery")
    grant(
        Role.COMPLIANCE_ADMIN,
        *(f"alerts.{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in EDITABLE),
    )

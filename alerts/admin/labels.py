"""Colours of the room's words."""

from typing import Any

from django.db.models import TextChoices

from alerts.choices import AlertState, Tier
from alerts.models import Delivery
from core.claims import Claimable

TIERS: dict[Any, str] = {Tier.BLOCK: "danger", Tier.OVERRIDE: "warning", Tier.WARNING: "info"}
STATES: dict[Any, str] = {AlertState.OPEN: "danger", AlertState.ACKNOWLEDGED: "warning", AlertState.RESOLVED: "success"}
STATUSES: dict[Any, str] = {
    Claimable.Status.QUEUED: "info",
    Claimable.Status.PROCESSING: "primary",
    Claimable.Status.DONE: "success",
    Claimable.Status.FAILED: "danger",
}
OUTCOMES: dict[Any, str] = {
    Delivery.Outcome.SENT: "success",
    Delivery.Outcome.DELIVERED: "success",
    Delivery.Outcome.ACKNOWLEDGED: "primary",
    Delivery.Outcome.STALE: "warning",
    Delivery.Outcome.REPLACED: "default",
}


def cell(choice: TextChoices) -> tuple[str, str]:
    """A choice as a list's coloured column wants it."""
    return choice.value, str(choice.label)


def label(choice: TextChoices, colours: dict[Any, str]) -> dict[str, str]:
    """A choice as ``console/label.html`` shows it."""
    return {"text": str(choice.label), "variant": colours[choice]}

"""An alert with all that hangs on it, in whichever schema is current."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from accounts.models import Organisation, User
from alerts.choices import ChannelKind, Tier
from alerts.models import AlertSettings, Channel, Delivery, Holiday, Notification, Route, Silence
from alerts.services.links import acknowledge_link
from alerts.services.raising import raise_alert

RECIPIENT = "kim@example.com"


class Alerting(NamedTuple):
    """What was made."""

    rows: dict[str, Any]
    """Model → key of the row whose pages are opened."""
    keys: dict[str, Any]
    """What a route is filled in with."""
    notifications: list[Any]
    """One a person, in their order."""


def alerting(people: Iterable[User], *, webhook_secret: str) -> Alerting:
    """An alert that some were told of, and what decides who is told.

    Args:
        people: who gets a notification of their own each, whether or not they may read it.
        webhook_secret: of the PagerDuty channel.
    """
    team = Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": [RECIPIENT]})
    alert = raise_alert(tier=Tier.BLOCK, key="walked", new=1, title="R01 on acme/shop#1", at=timezone.now())
    message = Delivery.objects.get(recipient=RECIPIENT)
    message.status, message.error = Delivery.Status.FAILED, "Nobody answered."
    message.save(update_fields=["status", "error"])
    told = {"delivery": message, "alert": alert, "tier": alert.tier, "title": alert.title, "at": timezone.now()}
    notifications = [Notification.objects.create(user=person, **told).pk for person in people]
    rows = {"alerts.alert": alert.pk, "alerts.delivery": message.pk, "alerts.channel": team.pk, **_deciding()}
    keys = {
        "alert_id": alert.pk,
        "notification_id": notifications[-1],
        "link": acknowledge_link(message).rstrip("/").rpartition("/")[2],
        "to switch on": _duty(webhook_secret),
    }
    return Alerting({**rows, "alerts.notification": notifications[-1]}, keys, notifications)


def _deciding() -> dict[str, Any]:
    """Rows that decide who is told; of the settings, which are there before they are changed, their key alone."""
    until = timezone.now() + timedelta(days=1)
    silence = Silence.objects.create(key="another", until=until, reason="It is known.", created_by="kim")
    return {
        "accounts.organisation": Organisation.PK,
        "alerts.alertsettings": AlertSettings.PK,
        "alerts.route": Route.objects.create(name="shop", channels=["email"], repositories=["acme/shop"]).pk,
        "alerts.holiday": Holiday.objects.create(day=date(2026, 12, 25), name="Christmas").pk,
        "alerts.silence": silence.pk,
    }


def _duty(webhook_secret: str) -> int:
    """A channel that is heard, and one that is switched off; returns the latter's key."""
    secrets = json.dumps({"routing_key": "0" * 32, "webhook_secret": webhook_secret})
    Channel.objects.create(kind=ChannelKind.PAGERDUTY, name="duty", general=False, secrets=secrets)
    off = Channel.objects.create(
        kind=ChannelKind.EMAIL, name="off", settings={"recipients": [RECIPIENT]}, enabled=False
    )
    return int(off.pk)

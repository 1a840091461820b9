"""What providers tell us of the messages that they took."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from alerts.channels.pagerduty import alert_of
from alerts.choices import ChannelKind
from alerts.models import Channel, Delivery, ProviderEvent
from alerts.services.acknowledging import acknowledge_alert
from core.encryption import SecretUnreadable
from core.errors import Conflict, NotFound

KEPT = timedelta(days=30)
"""How long an event is remembered, and how old one may be: PagerDuty repeats it for two days."""
_AHEAD = timedelta(hours=1)
_PRUNED_AT_ONCE = 100
logger = logging.getLogger(__name__)


def webhook_secrets() -> Iterator[tuple[Channel, str]]:
    """The PagerDuty channels that are heard, and the secrets that they are known by."""
    for channel in Channel.objects.filter(kind=ChannelKind.PAGERDUTY, enabled=True).order_by("pk"):
        try:
            text = channel.secrets.reveal()
        except SecretUnreadable:
            logger.exception("the secrets of %s cannot be decrypted", channel)
            continue
        secret = orjson.loads(text).get("webhook_secret", "") if text else ""
        if secret:
            yield channel, secret


@transaction.atomic
def hear_pagerduty(channel: Channel, body: Any, *, at: datetime) -> str:
    """Take in a v3 webhook whose sender is known. Once: what was heard before changes nothing.

    Returns:
        ``applied``, ``ignored`` or ``duplicate``.
    """
    event = _object(_object(body).get("event"))
    event_id, incident = _line(event.get("id")), _object(event.get("data"))
    alert_id = _uuid(alert_of(str(incident.get("incident_key") or "")))
    if event.get("event_type") != "incident.acknowledged" or not event_id or alert_id is None:
        return "ignored"
    occurred = _moment(event.get("occurred_at"))
    if occurred is None or not at - KEPT < occurred < at + _AHEAD:
        return "ignored"
    if not _first_time(channel, event_id, at):
        return "duplicate"
    if not Delivery.objects.filter(alert=alert_id, channel=channel).exists():
        return "ignored"
    label = _line(_object(event.get("agent")).get("summary")) or channel.name
    try:
        acknowledge_alert(alert_id, by=None, label=label, via="pagerduty", at=at, heard_from=channel)
    except (NotFound, Conflict):
        return "ignored"
    return "applied"


def _first_time(channel: Channel, event_id: str, at: datetime) -> bool:
    old = ProviderEvent.objects.filter(received_at__lt=at - 2 * KEPT).values("pk")[:_PRUNED_AT_ONCE]
    ProviderEvent.objects.filter(pk__in=old).delete()
    try:
        with transaction.atomic():
            ProviderEvent.objects.create(channel=channel, event_id=event_id, received_at=at)
    except IntegrityError:
        return False
    return True


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(value: Any) -> str:
    return str(value or "").replace("\0", "")[:200]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None

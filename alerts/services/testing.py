"""Trying a channel out: a message like any other, with nothing behind it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from alerts.choices import ChannelKind, Occasion, Tier
from alerts.messages import Message
from alerts.models import Channel, Delivery
from alerts.services.announcing import announce_deliveries
from alerts.services.recipients import recipients_of
from audit.services import record_entry
from core.errors import Conflict
from tenants.addresses import absolute


@transaction.atomic
def send_test(channel: Channel, *, by: User | None, at: datetime) -> list[Delivery]:
    """Write a test message to everybody whom the channel reaches; the workers send it at once.

    In the console it goes to ``by`` alone, where that is somebody.

    Raises:
        Conflict: nothing would be sent: the channel or all sending is switched off, or it reaches nobody.
    """
    if not settings.ALERTS_ENABLED:
        raise Conflict("alerts_off", "Sending is switched off for the whole installation (ALERTS_ENABLED).")
    if not channel.enabled:
        raise Conflict("channel_disabled", "The channel is switched off: switch it on first.")
    recipients = recipients_of(channel, channel.kind)
    if by is not None and channel.kind == ChannelKind.IN_APP:
        recipients = [by.username]
    if not recipients:
        raise Conflict("no_recipients", "The channel reaches nobody: enter an address.")
    message = _message(channel, by)
    rows = [
        Delivery(
            channel=channel,
            channel_name=str(channel),
            recipient=recipient,
            tier=Tier.WARNING,
            occasion=Occasion.TEST,
            message=message,
            priority=0,
            received_at=at,
            run_after=at,
            due_at=at,
        )
        for recipient in recipients
    ]
    written = Delivery.objects.bulk_create(rows)
    announce_deliveries()
    record_entry(action="channel.tested", resource=channel, by=by, at=at)
    return written


def _message(channel: Channel, by: User | None) -> Message:
    title = f"Test message of {channel}"
    return Message(
        occasion=Occasion.TEST.value,
        tier=Tier.WARNING.value,
        headline=title,
        title=title,
        count=0,
        facts=[("Asked for by", by.username)] if by else [],
        items=["Alerts arrive here. There is nothing to do."],
        more=0,
        link=absolute(reverse("admin:index")),
    )

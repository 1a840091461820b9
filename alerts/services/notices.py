"""Telling single persons what concerns them: in the console, and by email where there is an address."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from alerts.choices import ChannelKind, Occasion, Tier
from alerts.messages import Message
from alerts.models import Channel, Delivery
from alerts.services.announcing import announce_deliveries
from alerts.services.desk import PEOPLE, can_send


@transaction.atomic
def notify(
    people: Iterable[User],
    *,
    title: str,
    items: Sequence[str] = (),
    facts: Sequence[tuple[str, str]] = (),
    link: str = "",
    tier: Tier = Tier.OVERRIDE,
    at: datetime,
) -> int:
    """Tell these people, once each, in the transaction of what happened. Returns how many messages were written.

    Args:
        title: one line that stands by itself.
        items: lines that say more.
        facts: names and values.
        link: the page here where they act on it.
    """
    message = Message(
        occasion=Occasion.NOTICE.value,
        tier=tier.value,
        headline=title,
        title=title,
        count=0,
        facts=list(facts),
        items=list(items),
        more=0,
        link=link,
    )
    channels = list(Channel.objects.filter(enabled=True, kind=ChannelKind.IN_APP))
    if can_send(ChannelKind.EMAIL):
        channels += Channel.objects.filter(enabled=True, kind=ChannelKind.EMAIL, name=PEOPLE)
    rows = [
        Delivery(
            channel=channel,
            channel_name=str(channel),
            recipient=recipient,
            tier=tier,
            occasion=Occasion.NOTICE,
            message=message,
            priority=tier.rank,
            received_at=at,
            run_after=at,
            due_at=at,
        )
        for person in people
        for channel in channels
        if (recipient := person.email if channel.kind == ChannelKind.EMAIL else person.username)
    ]
    Delivery.objects.bulk_create(rows)
    if rows:
        announce_deliveries()
    return len(rows)

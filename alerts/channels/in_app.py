"""The console itself: a notification for everybody who may act on alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from alerts.channels.base import Destination, Entry, Packet, Receipt
from alerts.models import Notification


class InAppTransport:
    """Notifications, in the database that the message came from."""

    entries: ClassVar[Sequence[Entry]] = ()
    interval: ClassVar[timedelta] = timedelta()
    bundle: ClassVar[int] = 50

    def check(self, destination: Destination) -> None:
        """Nothing can be wrong."""

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """One notification a person and message; repeating it makes none twice."""
        at, people = timezone.now(), _people(packets[0].recipient)
        rows = [_notification(packet, person, at) for packet in packets for person in people]
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        return Receipt(delivered=True)


def _notification(packet: Packet, person: User, at: datetime) -> Notification:
    message = packet.message
    return Notification(
        user=person,
        delivery_id=packet.id,
        alert_id=packet.alert or None,
        tier=message["tier"],
        title=message["headline"],
        body="\n".join(message["items"]),
        link=message["link"],
        at=at,
    )


def _people(recipient: str) -> Sequence[User]:
    """The one person that is meant, or everybody who may acknowledge alerts."""
    active = User.objects.filter(is_active=True)
    if recipient:
        return list(active.filter(username=recipient))
    may = Permission.objects.filter(content_type__app_label="alerts", codename="acknowledge_alert")
    return list(active.filter(Q(is_superuser=True) | Q(groups__permissions__in=may)).distinct())

"""What of the history of alerts is past its time."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.choices import AlertState
from alerts.models import Alert, Delivery, Digest


def expired_alerts(before: datetime) -> QuerySet[Alert]:
    """Resolved before then, with nothing about them still to be sent."""
    resolved = Alert.objects.filter(state=AlertState.RESOLVED, resolved_at__lt=before)
    return resolved.exclude(Exists(Delivery.objects.waiting().filter(alert=OuterRef("pk"))))


def expired_deliveries(before: datetime) -> QuerySet[Delivery]:
    """Messages that are about no one alert (summaries, tests), sent or given up before then."""
    ended = [Delivery.Status.DONE, Delivery.Status.FAILED]
    expired: QuerySet[Delivery] = Delivery.objects.filter(Q(alert=None), status__in=ended, finished_at__lt=before)
    return expired


def expired_digests(before: datetime, *, emptied: bool = True) -> QuerySet[Digest]:
    """Summaries of before then, of which no message is left.

    Args:
        emptied: False: also those whose messages may all go.
    """
    left = Delivery.objects.filter(digest=OuterRef("pk"))
    if not emptied:
        left = left.exclude(pk__in=expired_deliveries(before).values("pk"))
    return Digest.objects.filter(at__lt=before).exclude(Exists(left))

"""Whether a message that waited is still worth sending, and whether it may be sent yet."""

from django.db.models import Q

from alerts.choices import AlertState, Occasion
from alerts.models import Delivery
from alerts.models.deliveries import DeliveryQuerySet

_NEWS = {Occasion.OPENED, Occasion.GREW, Occasion.REPEATED, Occasion.ESCALATED}
_ENDS = {Occasion.RESOLVED, Occasion.ACKNOWLEDGED}
_HEARD = [Delivery.Outcome.SENT, Delivery.Outcome.DELIVERED, Delivery.Outcome.ACKNOWLEDGED]
# A failed attempt may have arrived all the same, its answer lost. One that is given back does not count as one.
_MAY_BE_HEARD = (
    Q(outcome__in=_HEARD)
    | Q(attempts__gt=1)
    | Q(attempts=1, status__in=[Delivery.Status.QUEUED, Delivery.Status.PROCESSING, Delivery.Status.FAILED])
)


def superseded(delivery: Delivery) -> bool:
    """Whether a newer message to the same recipient says more, or the alert is over before anybody heard of it."""
    if delivery.alert is None:
        return False
    over = delivery.alert.state == AlertState.RESOLVED
    if delivery.occasion in _ENDS:
        heard = _earlier_news(delivery).filter(_MAY_BE_HEARD).exists()
        return not heard or (over and delivery.occasion == Occasion.ACKNOWLEDGED)
    if over:
        return True
    # What was tried may have gone out already: repeating it is right, and so is what comes after it.
    return delivery.attempts <= 1 and _same(delivery).waiting().filter(pk__gt=delivery.pk).exists()


def must_wait(delivery: Delivery) -> bool:
    """Whether it would overtake what it is the end of: a provider would begin anew with what comes after.

    News of a resolved alert are no longer sent once they are claimed, so that an end has to wait for the ones alone
    that somebody is sending; an acknowledgement for all of them.
    """
    if delivery.alert is None or delivery.occasion not in _ENDS:
        return False
    earlier = _earlier_news(delivery)
    if delivery.occasion == Occasion.RESOLVED:
        return earlier.filter(status=Delivery.Status.PROCESSING).exists()
    return earlier.waiting().exists()


def _earlier_news(delivery: Delivery) -> DeliveryQuerySet:
    return _same(delivery).filter(occasion__in=_NEWS, pk__lt=delivery.pk)


def _same(delivery: Delivery) -> DeliveryQuerySet:
    same: DeliveryQuerySet = Delivery.objects.filter(
        alert=delivery.alert_id, channel=delivery.channel_id, recipient=delivery.recipient
    )
    return same.exclude(pk=delivery.pk)

"""Whether a message that waited is still worth sending."""

from alerts.choices import AlertState, Occasion
from alerts.models import Delivery

_NEWS = {Occasion.OPENED, Occasion.GREW, Occasion.REPEATED, Occasion.ESCALATED}


def superseded(delivery: Delivery) -> bool:
    """Whether a newer message to the same recipient says more, or the alert is over before anybody heard of it."""
    if delivery.alert is None:
        return False
    same = Delivery.objects.filter(
        alert=delivery.alert_id, channel=delivery.channel_id, recipient=delivery.recipient
    ).exclude(pk=delivery.pk)
    if delivery.occasion == Occasion.RESOLVED:
        heard = same.filter(occasion__in=_NEWS, outcome__in=_HEARD, pk__lt=delivery.pk)
        return not heard.exists()
    if delivery.attempts > 1:
        # It may have gone out already: repeating it is right, and so is what comes after it.
        return False
    return delivery.alert.state == AlertState.RESOLVED or same.waiting().filter(pk__gt=delivery.pk).exists()


_HEARD = [Delivery.Outcome.SENT, Delivery.Outcome.DELIVERED, Delivery.Outcome.ACKNOWLEDGED]

"""Whether a message that waited is still worth sending, and whether it may be sent yet."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from alerts.choices import AlertState, Occasion
from alerts.models import Alert, Delivery

_NEWS = {Occasion.OPENED, Occasion.GREW, Occasion.REPEATED, Occasion.ESCALATED}
_ENDS = {Occasion.RESOLVED, Occasion.ACKNOWLEDGED}
_HEARD = {Delivery.Outcome.SENT, Delivery.Outcome.DELIVERED, Delivery.Outcome.ACKNOWLEDGED}
_WAITING = {Delivery.Status.QUEUED, Delivery.Status.PROCESSING}


class Sibling(NamedTuple):
    """Another message about the same alert to the same recipient."""

    id: UUID
    occasion: str
    status: str
    outcome: str
    attempts: int

    @property
    def waits(self) -> bool:
        """Whether it is neither sent nor given up."""
        return self.status in _WAITING

    @property
    def may_be_heard(self) -> bool:
        """Whether it arrived, as far as one can tell.

        A failed attempt may have arrived all the same, its answer lost. One that is given back does not count as one.
        """
        tried = self.attempts > 1 or (self.attempts == 1 and self.status != Delivery.Status.DONE)
        return self.outcome in _HEARD or tried


def with_siblings(deliveries: Sequence[Delivery]) -> Iterator[tuple[Delivery, str, list[Sibling]]]:
    """Each delivery with the state of its alert and the siblings that it has. Two queries for any number.

    To be asked once they are claimed: who resolves an alert then sees that somebody is about to send.

    Args:
        deliveries: to one recipient of one channel, each about an alert.
    """
    first, about = deliveries[0], [delivery.alert_id for delivery in deliveries if delivery.alert_id]
    states = dict(Alert.objects.filter(pk__in=about).values_list("pk", "state"))
    others: defaultdict[UUID | None, list[Sibling]] = defaultdict(list)
    rows = Delivery.objects.filter(alert__in=about, channel=first.channel_id, recipient=first.recipient)
    for key, *values in rows.values_list("alert", "id", "occasion", "status", "outcome", "attempts"):
        others[key].append(Sibling(*values))
    for delivery in deliveries:
        if delivery.alert_id in states:
            siblings = [other for other in others[delivery.alert_id] if other.id != delivery.pk]
            yield delivery, states[delivery.alert_id], siblings


def superseded(delivery: Delivery, state: str, siblings: Sequence[Sibling]) -> bool:
    """Whether a newer message to the same recipient says more, or the alert is over before anybody heard of it. Pure.

    Args:
        state: the alert's.
    """
    over = state == AlertState.RESOLVED
    if delivery.occasion in _ENDS:
        heard = any(news.may_be_heard for news in _earlier_news(delivery, siblings))
        return not heard or (over and delivery.occasion == Occasion.ACKNOWLEDGED)
    if over:
        return True
    # What was tried may have gone out already: repeating it is right, and so is what comes after it.
    return delivery.attempts <= 1 and any(other.waits and other.id > delivery.pk for other in siblings)


def must_wait(delivery: Delivery, siblings: Sequence[Sibling]) -> bool:
    """Whether it would overtake what it is the end of: a provider would begin anew with what comes after. Pure.

    News of a resolved alert are no longer sent once they are claimed, so that an end has to wait for the ones alone
    that somebody is sending; an acknowledgement for all of them.
    """
    if delivery.occasion not in _ENDS:
        return False
    earlier = _earlier_news(delivery, siblings)
    if delivery.occasion == Occasion.RESOLVED:
        return any(news.status == Delivery.Status.PROCESSING for news in earlier)
    return any(news.waits for news in earlier)


def _earlier_news(delivery: Delivery, siblings: Sequence[Sibling]) -> list[Sibling]:
    return [other for other in siblings if other.occasion in _NEWS and other.id < delivery.pk]

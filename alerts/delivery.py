"""The deliveries' engine: one message at a time, whoever asks, with or without Redis.

The claim is committed before anything is sent, and the outcome stored after it. Who dies in between leaves a claim
that runs out: the message is sent once more, with the same id, by which a provider or a recipient can tell.
"""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.utils import OperationalError
from django.utils import timezone

from alerts.channels import transport_of
from alerts.channels.base import Destination, Packet, Receipt, SendError, Transport
from alerts.models import Channel, Delivery
from alerts.services.clock import take_overdue
from alerts.services.failing import disable_channel, note_failure, note_success
from alerts.services.links import acknowledge_link
from alerts.services.relevance import must_wait, superseded, with_siblings
from core.claims import ClaimLost, backoff
from core.errors import DomainError

LEASE = timedelta(minutes=2)
"""How long a claim holds: longer than any channel takes; a killed worker's message waits this long."""
MAX_ATTEMPTS = 10
"""Over about half an hour."""
STALE_AFTER = timedelta(hours=4)
"""A message that could not be sent for so long is of no use: what is still true is said again."""
_LONGEST_WAIT = timedelta(minutes=10)
_BEHIND_ANOTHER = timedelta(seconds=2)
logger = logging.getLogger(__name__)


def deliver_next() -> bool:
    """Claim the current schema's most urgent message and send it. False where none was due.

    Whatever happens, the message is kept: sent, marked as not worth sending, queued for later, or failed with the
    provider's answer.
    """
    if not settings.ALERTS_ENABLED:
        return False
    at = timezone.now()
    delivery: Delivery | None = Delivery.objects.claim_next(at=at, lease=LEASE)
    if delivery is None:
        return False
    try:
        _deliver(delivery, at)
    except ClaimLost:
        logger.warning("delivery %s was taken over while it was sent", delivery.pk)
    return True


def deliver_without_broker() -> bool:
    """For who runs without Redis: do what beat has left undone, then send one message. False where nothing was due."""
    took = take_overdue(at=timezone.now())
    return deliver_next() or took


def _deliver(delivery: Delivery, at: datetime) -> None:
    if not _worth_sending([delivery], at):
        return
    channel = delivery.channel
    if channel is None:
        delivery.fail(at=at, error="The channel was deleted.", permanent=True)
        return
    transport = transport_of(channel.kind)
    if not _slot(channel, transport.interval, at):
        delivery.put_back(at=at, after=transport.interval)
        return
    claimed = [delivery, *_worth_sending(_bundled(delivery, transport, at), at)]
    try:
        receipt = transport.send(_destination(channel), [_packet(one) for one in claimed])
    except SendError as error:
        _settle_failed(channel, claimed, error)
    except DomainError as error:
        _settle_failed(channel, claimed, SendError(error.message, permanent=True, channel=True))
    except Exception as error:
        logger.exception("delivery %s could not be sent", delivery.pk)
        _settle_failed(channel, claimed, SendError(f"{type(error).__name__}: {error}"))
    else:
        _settle_sent(channel, claimed, receipt, lease=delivery.claimed_until)


def _worth_sending(deliveries: Sequence[Delivery], at: datetime) -> list[Delivery]:
    """Those to send now; the others are settled or put back."""
    stale = [delivery for delivery in deliveries if at > delivery.due_at + STALE_AFTER]
    for delivery in stale:
        delivery.settle_as(Delivery.Outcome.STALE, at=at)
    worth = [delivery for delivery in deliveries if delivery not in stale]
    about = [delivery for delivery in worth if delivery.alert_id is not None]
    for delivery, state, siblings in with_siblings(about) if about else ():
        if superseded(delivery, state, siblings):
            delivery.settle_as(Delivery.Outcome.REPLACED, at=at)
        elif must_wait(delivery, siblings):
            delivery.put_back(at=at, after=_BEHIND_ANOTHER)
        else:
            continue
        worth.remove(delivery)
    return worth


def _slot(channel: Channel, interval: timedelta, at: datetime) -> bool:
    """Take the channel's next turn; False where another worker has just taken it."""
    if not interval:
        return True
    free = Q(next_send_at=None) | Q(next_send_at__lte=at)
    return bool(Channel.objects.filter(free, pk=channel.pk).update(next_send_at=at + interval))


def _bundled(delivery: Delivery, transport: Transport, at: datetime) -> list[Delivery]:
    """Claim what else may go out in the same message: a storm of alerts is one message, not one a second."""
    if transport.bundle <= 1:
        return []
    with transaction.atomic(durable=True):
        # Not those that are due: the channel's turn, which we have just taken, is theirs as well.
        others = Delivery.objects.alongside(delivery).filter(run_after__lte=at).order_by("priority", "received_at")
        return others.claim(limit=transport.bundle - 1, until=delivery.claimed_until)


def _destination(channel: Channel) -> Destination:
    text = channel.secrets.reveal()
    return Destination(channel.name, channel.settings, orjson.loads(text) if text else {})


def _packet(delivery: Delivery) -> Packet:
    return Packet(
        id=delivery.pk,
        message=delivery.message,
        recipient=delivery.recipient,
        alert=str(delivery.alert_id or ""),
        acknowledge=acknowledge_link(delivery),
    )


def _settle_sent(channel: Channel, claimed: Sequence[Delivery], receipt: Receipt, *, lease: datetime | None) -> None:
    outcome = Delivery.Outcome.DELIVERED if receipt.delivered else Delivery.Outcome.SENT
    ours = Delivery.objects.claimed_together([delivery.pk for delivery in claimed], until=lease)
    settled = ours.settle_as(outcome, at=timezone.now(), reference=receipt.reference)
    if settled < len(claimed):
        logger.warning("%d deliveries were taken over; they were sent as %s", len(claimed) - settled, receipt.reference)
    if channel.failures:
        note_success(channel, at=timezone.now())


def _settle_failed(channel: Channel, claimed: Sequence[Delivery], error: SendError) -> None:
    at = timezone.now()
    try:
        for delivery in claimed:
            _settle_one(delivery, error, at)
        if error.channel and error.permanent:
            disable_channel(channel, reason=error.message, at=at)
        else:
            note_failure(channel, reason=error.message, wait=error.wait, at=at)
    except ClaimLost:
        logger.warning("a delivery through %s was taken over; its error was: %s", channel, error.message)
    except OperationalError:
        # The claim runs out by itself and somebody tries again.
        logger.exception("an error of %s could not be stored: %s", channel, error.message)


def _settle_one(delivery: Delivery, error: SendError, at: datetime) -> None:
    if error.wait is not None:
        delivery.put_back(at=at, after=error.wait)
    elif error.permanent and error.channel:
        # It keeps its place: once somebody has mended the channel, it goes out or is stale.
        delivery.put_back(at=at, after=timedelta())
    elif error.permanent or delivery.attempts >= MAX_ATTEMPTS:
        delivery.fail(at=at, error=error.message, permanent=True)
    else:
        # Jitter, so that what failed together does not come back together.
        wait = min(backoff(delivery.attempts), _LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
        delivery.retry(at=at, after=wait, error=error.message)

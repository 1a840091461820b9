"""Deliveries go out once, whatever the channel answers, and say what became of them."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
import pytest
from django.utils import timezone

from alerts.channels.webhook import signature
from alerts.choices import ChannelKind, Tier
from alerts.delivery import STALE_AFTER, deliver_next
from alerts.models import AlertPolicy, Channel, Delivery
from alerts.services.raising import raise_alert, resolve_alert

SECRET = "a secret of twenty-four characters"


class Receiver:
    """A real HTTP server that answers what it is told to and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on this machine, which the installation allows."""
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def webhook(committed: None, receiver: Receiver) -> Channel:
    """A channel that calls the receiver; the only one that tier 1 names."""
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["webhook"])
    secrets = orjson.dumps({"secret": SECRET}).decode()
    return Channel.objects.create(
        kind=ChannelKind.WEBHOOK, name="hook", settings={"url": receiver.url}, secrets=secrets
    )


def raised(key: str = "k") -> Delivery:
    """An alert's delivery through the webhook."""
    raise_alert(tier=Tier.BLOCK, key=key, new=1, title="R01 on acme/shop#1", at=timezone.now())
    delivery: Delivery = Delivery.objects.filter(channel_name="webhook:hook").latest("pk")
    return delivery


def drained() -> None:
    """Send everything that is due now."""
    while deliver_next():
        pass


def test_a_message_is_sent_signed_and_known_by_its_id(webhook: Channel, receiver: Receiver) -> None:
    delivery = raised()
    drained()
    delivery.refresh_from_db()
    ((headers, body),) = receiver.requests
    assert (delivery.status, delivery.outcome) == ("done", "delivered")
    assert headers["webhook-id"] == orjson.loads(body)["id"] == str(delivery.pk)
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(SECRET, str(delivery.pk), stamp, body)


def test_a_failing_channel_is_tried_again_with_the_same_id(webhook: Channel, receiver: Receiver) -> None:
    delivery = raised()
    receiver.answers = [(500, {})]
    drained()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.error) == ("queued", 1, "500 Internal Server Error")
    Delivery.objects.filter(pk=delivery.pk).update(run_after=timezone.now())
    drained()
    delivery.refresh_from_db()
    assert delivery.outcome == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1


def test_a_channel_that_asks_to_wait_is_left_alone_and_keeps_its_queue(webhook: Channel, receiver: Receiver) -> None:
    first, second = raised("one"), raised("two")
    receiver.answers = [(429, {"retry-after": "120"})]
    before = timezone.now()
    drained()
    webhook.refresh_from_db()
    assert webhook.paused_until is not None
    assert webhook.paused_until - before >= timedelta(seconds=120)
    assert len(receiver.requests) == 1
    for delivery in (first, second):
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("queued", 0)


def test_a_channel_that_is_gone_is_switched_off_and_admins_are_told(webhook: Channel, receiver: Receiver) -> None:
    raised()
    receiver.answers = [(410, {})]
    drained()
    webhook.refresh_from_db()
    assert not webhook.enabled
    assert "no more messages" in webhook.disabled_reason
    told = Delivery.objects.get(channel_name="in_app:console", alert__key=f"channel:{webhook.pk}")
    assert "switched off" in told.message["headline"]


def test_a_private_address_is_refused_when_it_is_sent_to(webhook: Channel, receiver: Receiver, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    raised()
    drained()
    webhook.refresh_from_db()
    assert receiver.requests == []
    assert "not on the public internet" in webhook.disabled_reason


def test_a_redirect_is_not_followed(webhook: Channel, receiver: Receiver) -> None:
    delivery = raised()
    receiver.answers = [(302, {"location": receiver.url})]
    drained()
    delivery.refresh_from_db()
    assert (delivery.status, len(receiver.requests)) == ("failed", 1)


def test_what_was_resolved_before_it_was_sent_is_not_sent(webhook: Channel, receiver: Receiver) -> None:
    raised()
    resolve_alert("k", at=timezone.now())
    drained()
    assert receiver.requests == []
    outcomes = Delivery.objects.filter(channel=webhook).values_list("outcome", flat=True)
    assert set(outcomes) == {"replaced"}


def test_what_is_too_old_is_marked_and_not_sent(webhook: Channel, receiver: Receiver) -> None:
    delivery = raised()
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() - STALE_AFTER - timedelta(seconds=1))
    drained()
    delivery.refresh_from_db()
    assert (delivery.outcome, receiver.requests) == ("stale", [])


def test_while_alerts_are_off_everything_is_recorded_and_nothing_sent(
    webhook: Channel, receiver: Receiver, settings: Any
) -> None:
    settings.ALERTS_ENABLED = False
    delivery = raised()
    drained()
    assert receiver.requests == []
    settings.ALERTS_ENABLED = True
    drained()
    delivery.refresh_from_db()
    assert delivery.outcome == "delivered"


def test_a_claim_that_a_dead_worker_left_is_taken_over(webhook: Channel, receiver: Receiver) -> None:
    delivery = raised()
    claimed = Delivery.objects.filter(pk=delivery.pk)
    claimed.update(status="processing", attempts=1, claimed_until=timezone.now() + timedelta(minutes=2))
    drained()
    assert receiver.requests == []
    claimed.update(claimed_until=timezone.now() - timedelta(seconds=1))
    drained()
    assert len(receiver.requests) == 1

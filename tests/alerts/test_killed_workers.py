"""A worker that is killed loses nothing, and at most one message goes out twice."""

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from django.utils import timezone

from alerts.channels import TRANSPORTS
from alerts.channels.base import Destination, Packet, Receipt, Transport
from alerts.choices import ChannelKind, Tier
from alerts.delivery import LEASE, deliver_next
from alerts.models import AlertPolicy, Channel, Delivery
from alerts.services.raising import raise_alert
from core.claims import ClaimLost
from tests.alerts.servers import ROUTING_KEY, MailServer, PagerDutyServer, Receiver, SlackServer

pytestmark = pytest.mark.long


@pytest.fixture
def slack(committed: None, slack_server: SlackServer) -> Channel:
    """The one channel that tier 1 names; the console is switched off, so that there is one message."""
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["slack"])
    Channel.objects.filter(kind=ChannelKind.IN_APP).update(enabled=False)
    secrets = orjson.dumps({"webhook_url": slack_server.webhook}).decode()
    return Channel.objects.create(kind=ChannelKind.SLACK, name="alerts", secrets=secrets)


def worker(step: str) -> int:
    """Run a worker of its own that is killed at a step; its exit status."""
    return subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.alerts.dying", step], check=False).returncode


@pytest.mark.parametrize(
    ("step", "killed", "sent_by_then", "sent_in_all"),
    [
        ("nowhere", False, 1, 1),
        ("before the claim", True, 0, 1),
        ("after the claim", True, 0, 1),
        ("after sending", True, 1, 2),  # Slack cannot tell a repetition: the one duplicate
    ],
)
def test_a_killed_worker_loses_nothing(
    slack: Channel, slack_server: SlackServer, step: str, killed: bool, sent_by_then: int, sent_in_all: int
) -> None:
    raise_alert(tier=Tier.BLOCK, key="k", new=1, title="R01 on acme/shop#7", at=timezone.now())
    assert worker(step) == (-signal.SIGKILL if killed else 0)
    assert len(slack_server.posted) == sent_by_then
    Channel.objects.update(next_send_at=None)
    if step.startswith("after"):
        assert not deliver_next()  # the claim holds while its worker may live
    Delivery.objects.filter(status="processing").update(claimed_until=timezone.now() - LEASE)
    while deliver_next():
        pass
    delivery = Delivery.objects.get()
    assert (delivery.outcome, len(slack_server.posted)) == ("delivered", sent_in_all)
    assert delivery.attempts == {"after the claim": 2, "after sending": 2}.get(step, 1)


def test_an_answer_that_comes_after_the_claim_was_lost_is_not_stored(slack: Channel, slack_server: SlackServer) -> None:
    raise_alert(tier=Tier.BLOCK, key="k", new=1, title="R01 on acme/shop#7", at=timezone.now())
    assert worker("after the claim") == -signal.SIGKILL
    stale = Delivery.objects.get()
    Delivery.objects.update(claimed_until=timezone.now() - LEASE)
    Channel.objects.update(next_send_at=None)
    assert deliver_next()
    with pytest.raises(ClaimLost):
        stale.fail(at=timezone.now(), error="Too late.", permanent=True)
    assert Delivery.objects.get().outcome == "delivered"


class Killed(BaseException):
    """Nothing of the worker runs after it."""


def dying(transport: Transport, step: str) -> Transport:
    """The same transport, around which the worker dies once: nothing is caught, and nothing stored, as at SIGKILL."""
    lives = [step]

    base: Any = type(transport)

    class Mortal(base):
        def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
            if lives == ["after the claim"]:
                raise Killed(lives.pop())
            receipt: Receipt = super().send(destination, packets)
            if lives:
                raise Killed(lives.pop())
            return receipt

    mortal: Transport = Mortal()
    return mortal


@pytest.fixture
def arrived(
    db: None, mail_server: MailServer, pagerduty_server: PagerDutyServer, receiver: Receiver
) -> Callable[[str], list[Any]]:
    """What has come in through a kind of channel, by what its receiver knows repetitions by. Tier 1 names the kind."""
    secret, routing = {"secret": "a secret of twenty-four characters"}, {"routing_key": ROUTING_KEY}
    own: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
        "email": ({"recipients": ["kim@example.com"]}, {}),
        "pagerduty": ({"api": pagerduty_server.url}, routing),
        "webhook": ({"url": f"{receiver.url}/hook"}, secret),
    }
    Channel.objects.filter(kind=ChannelKind.IN_APP).update(enabled=False)
    for kind, (settings, secrets) in own.items():
        stored = orjson.dumps(secrets).decode()
        Channel.objects.create(kind=kind, name="only", settings=settings, secrets=stored)
    came: dict[str, Callable[[], list[Any]]] = {
        "email": lambda: [mail["Message-ID"] for mail in mail_server.taken],
        "pagerduty": lambda: [event["dedup_key"] for event in pagerduty_server.events],
        "webhook": lambda: [asked.headers["webhook-id"] for asked in receiver.taken],
    }
    return lambda kind: came[kind]()


@pytest.mark.parametrize(("step", "sent"), [("after the claim", 1), ("after sending", 2)])
@pytest.mark.parametrize("kind", ["email", "pagerduty", "webhook"])
def test_what_a_dead_worker_may_have_sent_is_sent_again_under_the_same_id(
    arrived: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch, kind: str, step: str, sent: int
) -> None:
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=[kind])
    monkeypatch.setitem(TRANSPORTS, kind, dying(TRANSPORTS[kind], step))
    raise_alert(tier=Tier.BLOCK, key="k", new=1, title="R01 on acme/shop#7", at=timezone.now())
    with pytest.raises(Killed):
        deliver_next()
    assert Delivery.objects.get().status == "processing"
    assert not deliver_next()  # the claim holds while its worker may live
    Delivery.objects.update(claimed_until=timezone.now() - LEASE)
    Channel.objects.update(next_send_at=None)
    assert deliver_next()
    assert not deliver_next()
    assert Delivery.objects.get().attempts == 2
    assert (len(arrived(kind)), len(set(arrived(kind)))) == (sent, 1)

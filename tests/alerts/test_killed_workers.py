"""A worker that is killed loses nothing, and at most one message goes out twice."""

import signal
import subprocess
import sys

import orjson
import pytest
from django.utils import timezone

from alerts.choices import ChannelKind, Tier
from alerts.delivery import LEASE, deliver_next
from alerts.models import AlertPolicy, Channel, Delivery
from alerts.services.raising import raise_alert
from core.claims import ClaimLost
from tests.alerts.servers import SlackServer


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

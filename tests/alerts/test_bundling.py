"""A storm of alerts through a channel that takes one message a second is a few messages."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from alerts.choices import ChannelKind, Tier
from alerts.delivery import deliver_next
from alerts.models import AlertPolicy, Channel, Delivery
from alerts.services.raising import Fact, raise_alerts
from tests.alerts.servers import SlackServer


@pytest.fixture
def slack(committed: None, slack_server: SlackServer, settings: Any) -> Channel:
    """Slack's channel, the only one that tier 1 names."""
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.ALERT_PROVIDER_HOSTS = ["127.0.0.1"]
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["slack"])
    secrets = orjson.dumps({"webhook_url": slack_server.webhook}).decode()
    return Channel.objects.create(kind=ChannelKind.SLACK, name="alerts", secrets=secrets)


def test_what_waits_for_the_same_channel_goes_out_together(slack: Channel, slack_server: SlackServer) -> None:
    facts = [Fact(tier=Tier.BLOCK, key=f"k{n}", count=1, title=f"Alert {n}") for n in range(50)]
    raise_alerts(facts, at=timezone.now())
    for _ in range(3):
        while deliver_next():
            pass
        # A second later, the channel takes the next message.
        Channel.objects.filter(pk=slack.pk).update(next_send_at=timezone.now() - timedelta(seconds=1))
    assert len(slack_server.posted) == 3
    said = orjson.dumps(slack_server.posted).decode()
    assert all(f"Alert {n}" in said for n in range(50))
    assert set(Delivery.objects.filter(channel=slack).values_list("outcome", "attempts")) == {("delivered", 1)}

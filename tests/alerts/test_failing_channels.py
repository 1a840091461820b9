"""Providers that fail, limit, time out, hang up and lie at 30 % of calls: every message arrives all the same."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from alerts.choices import AlertState, ChannelKind, Tier
from alerts.delivery import deliver_next
from alerts.models import Alert, AlertPolicy, Channel, Delivery
from alerts.services.failing import ALARMING, note_failure, note_success
from alerts.services.raising import Fact, raise_alerts
from tests.alerts.servers import ROUTING_KEY, Answer, MailServer, PagerDutyServer, Receiver, SlackServer

COUNT = 20
SEED = 20261123
KIM = "kim@example.com"


@pytest.fixture
def channels(
    committed: None,
    slack_server: SlackServer,
    pagerduty_server: PagerDutyServer,
    mail_server: MailServer,
    receiver: Receiver,
    settings: Any,
) -> None:
    """One of every kind that leaves the house, which tier 1 names."""
    settings.ALERT_APPRISE_ANY_URL = True
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["slack", "email", "pagerduty", "webhook", "apprise"])
    hook = orjson.dumps({"secret": "a secret of twenty-four characters"}).decode()
    Channel.objects.create(
        kind=ChannelKind.WEBHOOK, name="hook", settings={"url": f"{receiver.url}/hook"}, secrets=hook
    )
    chat = orjson.dumps({"url": receiver.url.replace("http://", "json://") + "/chat"}).decode()
    Channel.objects.create(kind=ChannelKind.APPRISE, name="chat", secrets=chat)
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": [KIM]})
    slack, pagerduty = {"webhook_url": slack_server.webhook}, {"routing_key": ROUTING_KEY}
    Channel.objects.create(kind=ChannelKind.SLACK, name="alerts", secrets=orjson.dumps(slack).decode())
    Channel.objects.create(
        kind=ChannelKind.PAGERDUTY,
        name="oncall",
        settings={"api": pagerduty_server.url},
        secrets=orjson.dumps(pagerduty).decode(),
    )


def whims(answers: list[Any], seed: int, nothing: Any) -> Callable[[], Any]:
    """One of these at 30 % of calls, the same ones at every run."""
    dice = random.Random(seed)
    return lambda: dice.choice(answers) if dice.random() < 0.3 else nothing


def drained() -> int:
    """Send until nothing waits, as if hours passed between two tries: rows are moved, nobody sleeps. How many tries."""
    tries = 0
    while Delivery.objects.waiting().exists():
        Delivery.objects.waiting().update(run_after=timezone.now() - timedelta(minutes=1))
        Channel.objects.update(paused_until=None, next_send_at=None)
        tries += deliver_next()
    return tries


@pytest.mark.usefixtures("channels")
def test_every_message_arrives_and_none_twice_where_the_provider_can_tell(
    slack_server: SlackServer,
    pagerduty_server: PagerDutyServer,
    mail_server: MailServer,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("calling", "webhook"):
        monkeypatch.setattr(f"alerts.channels.{module}.TIMEOUT_SECONDS", 0.2)
    http = [
        Answer(500),
        Answer(429, "rate_limited", {"Retry-After": "30"}),
        Answer(hangs=0.5),
        Answer(drops=True),
        Answer(drops=True, after=True),  # taken, and the answer is lost
        Answer(200, "<html>Everything is fine.</html>"),
    ]
    slack_server.whims = whims(http, SEED, None)
    pagerduty_server.whims = whims(http, SEED + 1, None)
    receiver.whims = whims([*http[:2], *http[3:5]], SEED + 3, None)  # any 2xx is a webhook's word that it took it
    mail_server.whims = whims(["451 4.3.0 Later", "421 4.7.0 Busy", "drop", "lost"], SEED + 2, "")
    facts = [Fact(tier=Tier.BLOCK, key=f"k{n}", count=1, new=1, title=f"Alert {n:02}") for n in range(COUNT)]
    raise_alerts(facts, at=timezone.now())
    drained()
    named = {fact.title for fact in facts}

    outcomes = Counter(Delivery.objects.values_list("channel_name", "status"))
    assert {status for _, status in outcomes} == {"done"}
    assert list(pagerduty_server.incidents.values()) == [["trigger"]] * COUNT
    assert {event["payload"]["summary"] for event in pagerduty_server.events} == named
    assert len(pagerduty_server.asked) > COUNT  # it did fail

    mails = {(mail["Message-ID"], mail["Subject"]) for mail in mail_server.taken}
    assert {subject for _, subject in mails} == named
    assert len(mails) == COUNT  # repeated under the same id, where the answer was lost
    assert len(mail_server.taken) > COUNT

    said = orjson.dumps(slack_server.posted).decode()
    assert [title for title in named if title not in said] == []

    hooks = [asked for asked in receiver.taken if asked.path == "/hook"]
    once = {asked.headers["webhook-id"]: asked.body["title"] for asked in hooks}
    assert sorted(once.values()) == sorted(named)  # none twice for who looks at the id
    assert len(hooks) > COUNT
    assert {asked.body["title"] for asked in receiver.taken if asked.path == "/chat"} == named


def test_a_channel_that_goes_on_failing_is_told_of_until_it_works_again(db: None) -> None:
    hook, at = Channel.objects.create(kind=ChannelKind.WEBHOOK, name="hook"), timezone.now()
    for _ in range(ALARMING + 3):
        note_failure(hook, reason="500 Internal Server Error", wait=None, at=at)
    alert = Alert.objects.get()
    assert (alert.title, alert.count) == ("The alert channel webhook:hook has failed 8 times in a row", 1)
    assert alert.link.endswith(f"/admin/alerts/channel/{hook.pk}/change/")
    note_success(hook, at=at)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED

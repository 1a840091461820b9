"""PagerDuty hears of an alert once, under one key, and every answer of its means what its documents say."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.binding import tenant_id
from alerts.channels.base import Destination, SendError
from alerts.channels.pagerduty import PagerDutyTransport, alert_of, dedup_key, event_of
from alerts.choices import Occasion, Tier
from core.errors import Invalid
from tests.alerts.conftest import ALERT, ID, packet
from tests.alerts.servers import ROUTING_KEY, Answer, PagerDutyServer

pytestmark = pytest.mark.django_db
PAGERDUTY = PagerDutyTransport()


def service(server: PagerDutyServer, key: str = ROUTING_KEY) -> Destination:
    """A service of acme's."""
    return Destination("oncall", {"api": server.url}, {"routing_key": key})


def test_an_incident_says_what_how_grave_and_where() -> None:
    assert event_of(packet()) == {
        "event_action": "trigger",
        "dedup_key": f"forge:{tenant_id()}:{ALERT}",
        "client": "Forge Console",
        "payload": {
            "summary": "R01 on acme/shop#7",
            "source": "acme.example.com",
            "severity": "critical",
            "custom_details": {
                "Repository": "acme/shop",
                "Rule": "R01",
                "Items": ["A query without its tenant in a.ts", "Another in b.ts", "and 1 more"],
                "Count": 3,
            },
        },
        "links": [
            {"href": "https://acme.example.com/pull/7", "text": "Open in Forge Console"},
            {"href": "https://acme.example.com/ack/t~1", "text": "Acknowledge"},
        ],
    }


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"tier": Tier.OVERRIDE.value}, "error"),
        ({"tier": Tier.WARNING.value}, "warning"),
        ({"occasion": Occasion.TEST.value}, "info"),
    ],
)
def test_the_severity_follows_the_tier(changes: dict[str, str], severity: str) -> None:
    assert event_of(packet(**changes))["payload"]["severity"] == severity


def test_an_incident_is_triggered_acknowledged_and_resolved_once(pagerduty_server: PagerDutyServer) -> None:
    for occasion in (Occasion.OPENED, Occasion.GREW, Occasion.ACKNOWLEDGED, Occasion.ACKNOWLEDGED, Occasion.RESOLVED):
        receipt = PAGERDUTY.send(service(pagerduty_server), [packet(occasion=occasion.value)])
        assert receipt.reference == dedup_key(packet())
    assert pagerduty_server.incidents == {dedup_key(packet()): ["trigger", "acknowledge", "resolve"]}


def test_a_message_about_no_alert_is_an_incident_of_its_own(pagerduty_server: PagerDutyServer) -> None:
    PAGERDUTY.send(service(pagerduty_server), [packet(alert="")])
    assert list(pagerduty_server.incidents) == [f"forge:{tenant_id()}:{ID}"]


def test_a_key_of_another_tenant_names_no_alert_here() -> None:
    assert alert_of(dedup_key(packet())) == ALERT
    assert alert_of(f"forge:{ID}:{ALERT}") == ""


def test_long_texts_fit(pagerduty_server: PagerDutyServer) -> None:
    PAGERDUTY.send(
        service(pagerduty_server), [packet(headline="x" * 5000, items=["y" * 100_000], link="", acknowledge="")]
    )
    (event,) = pagerduty_server.events
    assert (len(event["payload"]["summary"]), event["links"]) == (1024, [])


@pytest.mark.parametrize(
    ("status", "permanent", "channel"),
    [
        (400, True, False),
        (401, True, True),
        (403, True, True),
        (404, True, True),
        (413, True, False),
        (302, True, False),
        (408, False, False),
        (500, False, False),
        (503, False, False),
        (200, False, False),  # 202 is the only yes
    ],
)
def test_statuses(pagerduty_server: PagerDutyServer, status: int, permanent: bool, channel: bool) -> None:
    pagerduty_server.next = [Answer(status, "said")]
    with pytest.raises(SendError) as caught:
        PAGERDUTY.send(service(pagerduty_server), [packet()])
    error = caught.value
    assert (error.message, error.permanent, error.channel) == (f"{status} said", permanent, channel)
    assert len(pagerduty_server.asked) == 1


def test_a_key_that_pagerduty_does_not_know_is_the_channels_fault(pagerduty_server: PagerDutyServer) -> None:
    with pytest.raises(SendError) as caught:
        PAGERDUTY.send(service(pagerduty_server, "f" * 32), [packet()])
    assert (caught.value.permanent, caught.value.channel) == (True, True)
    assert "Invalid routing key" in caught.value.message


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "7"}, 7), ({}, 60)])
def test_a_limit_is_waited_for_outside_of_the_worker(
    pagerduty_server: PagerDutyServer, headers: dict[str, str], seconds: int
) -> None:
    pagerduty_server.next = [Answer(429, "", headers)]
    with pytest.raises(SendError) as caught:
        PAGERDUTY.send(service(pagerduty_server), [packet()])
    assert caught.value.wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(drops=True),
        Answer(202, "<html>"),
        Answer(202, "[]"),
        Answer(202, '{"status": "success", "dedup_key": "x"}'),
    ],
)
def test_lies_and_lost_connections_are_tried_again(pagerduty_server: PagerDutyServer, answer: Answer) -> None:
    pagerduty_server.next = [answer]
    with pytest.raises(SendError) as caught:
        PAGERDUTY.send(service(pagerduty_server), [packet()])
    assert (caught.value.permanent, ROUTING_KEY in str(caught.value)) == (False, False)


def test_a_private_address_is_refused_when_it_is_sent_to(pagerduty_server: PagerDutyServer, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    with pytest.raises(SendError) as caught:
        PAGERDUTY.send(service(pagerduty_server), [packet()])
    assert (caught.value.permanent, caught.value.channel, pagerduty_server.asked) == (True, True, [])


@pytest.mark.parametrize(
    ("key", "api", "entry"),
    [
        ("short", "", "routing_key"),
        ("é" * 32, "", "routing_key"),
        (ROUTING_KEY, "https://events.pagerduty.com.evil.example", "api"),
        (ROUTING_KEY, "http://events.pagerduty.com", "api"),
    ],
)
def test_what_can_never_work_is_refused_before_it_is_saved(key: str, api: str, entry: str) -> None:
    with pytest.raises(Invalid) as caught:
        PAGERDUTY.check(Destination("oncall", {"api": api}, {"routing_key": key}))
    assert list(caught.value.errors) == [entry]


def test_both_regions_may_be_called() -> None:
    for api in ("", "https://events.eu.pagerduty.com"):
        PAGERDUTY.check(Destination("oncall", {"api": api}, {"routing_key": ROUTING_KEY}))

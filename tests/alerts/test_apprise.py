"""Apprise takes addresses that lead to their service alone, and its answers mean something."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from alerts.channels.apprise import FIXED, OF_ITS_MAKER, AppriseTransport
from alerts.channels.base import Destination, SendError
from core.errors import Invalid
from tests.alerts.conftest import packet
from tests.alerts.servers import Answer, Receiver

APPRISE = AppriseTransport()


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    """A server inside, which the installation allows."""
    settings.ALERT_APPRISE_ANY_URL = True
    made = Receiver()
    with made.running():
        yield made


def at(url: str) -> Destination:
    """A channel with this address."""
    return Destination("chat", {}, {"url": url})


def json_of(server: Receiver) -> Destination:
    """The server, as Apprise's own JSON service."""
    return at(server.url.replace("http://", "json://") + "/hook")


def schemas() -> dict[str, Any]:
    """What Apprise says of each of its schemas."""
    from apprise import Apprise

    services = Apprise().details()["schemas"]
    return {name: one for one in services for name in [*(one["secure_protocols"] or ()), *(one["protocols"] or ())]}


def test_the_named_schemas_name_no_host_and_are_encrypted() -> None:
    known = schemas()
    for name in FIXED:
        templates = [str(template) for template in known[name]["details"]["templates"]]
        assert not [template for template in templates if "{host" in template or "{port" in template], name
        assert name in (known[name]["secure_protocols"] or ()), name
        assert known[name]["protocols"] is None, name
    assert set(OF_ITS_MAKER) <= known.keys()


@pytest.mark.parametrize(
    "url",
    [
        "discord://123456789012345678/a-webhook-token-of-sixty-eight-characters-which-discord-gives-out-00",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12315544",
        "opsgenie://a1b2c3d4-a1b2-c3d4-e5f6-a1b2c3d4e5f6/?region=eu",
        "workflows://prod-01.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/T6rTn-xK0Q",
    ],
)
def test_services_at_their_own_hosts_are_taken(url: str) -> None:
    APPRISE.check(at(url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "json://169.254.169.254/latest",
        "https://discord.com/api/webhooks/123/abc",
        "mailto://user:pass@evil.example",
        "syslog://",
        "dbus://",
        "discord://123456789012345678/token?template=/etc/passwd",
        "discord://123456789012345678/token?verify=no",
        "discord://123456789012345678/token?TEMPLATE=x",
        "discord://123456789012345678/token?redirect=yes",
        "workflows://evil.example/643e69f83c8944438d68119179a10a64/T6rTn-xK0Q",
        "workflows://evil.example/logic.azure.com/643e69f83c8944438d68119179a10a64/T6rTn-xK0Q",
        "workflows://evil.example?x.logic.azure.com/643e69f83c8944438d68119179a10a64/T6rTn-xK0Q",
        "discord://",
    ],
)
def test_what_could_lead_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        APPRISE.check(at(url))
    assert list(caught.value.errors) == ["url"]


def test_a_message_arrives_as_text(server: Receiver) -> None:
    APPRISE.send(json_of(server), [packet()])
    (asked,) = server.asked
    assert (asked.body["title"], asked.body["type"]) == ("R01 on acme/shop#7", "failure")
    assert asked.body["message"].splitlines() == [
        "Repository: acme/shop",
        "Rule: R01",
        "- A query without its tenant in a.ts",
        "- Another in b.ts",
        "- and 1 more",
        "Open: https://acme.example.com/pull/7",
        "Acknowledge: https://acme.example.com/ack/t~1",
    ]


@pytest.mark.parametrize(
    ("status", "permanent", "channel", "wait"),
    [
        (401, True, True, None),
        (404, True, True, None),
        (400, True, False, None),
        (429, False, False, timedelta(minutes=1)),
        (500, False, False, None),
    ],
)
def test_answers(server: Receiver, status: int, permanent: bool, channel: bool, wait: timedelta | None) -> None:
    server.next = [Answer(status)]
    with pytest.raises(SendError) as caught:
        APPRISE.send(json_of(server), [packet()])
    error = caught.value
    assert (error.message, error.permanent, error.channel, error.wait) == (
        f"The service answered {status}.", permanent, channel, wait,
    )  # fmt: skip
    assert len(server.asked) == 1


def test_a_lost_connection_is_tried_again(server: Receiver) -> None:
    server.next = [Answer(drops=True)]
    with pytest.raises(SendError) as caught:
        APPRISE.send(json_of(server), [packet()])
    assert (caught.value.message, caught.value.permanent) == ("The service did not take it.", False)

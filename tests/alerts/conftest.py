"""Providers as local servers, and packets to send."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from alerts.channels.base import Packet
from alerts.choices import Occasion, Tier
from alerts.messages import Message
from tests.alerts.servers import MailServer, PagerDutyServer, Receiver, SlackServer

ID = UUID("01900000-0000-7000-8000-000000000001")
ALERT = "01900000-0000-7000-8000-0000000000aa"


def packet(**changes: Any) -> Packet:
    """A message about a blocking violation; changes to the packet or the message by name."""
    message: dict[str, Any] = {
        "occasion": Occasion.OPENED.value, "tier": Tier.BLOCK.value, "headline": "R01 on acme/shop#7",
        "title": "R01 on acme/shop#7", "count": 3, "facts": [("Repository", "acme/shop"), ("Rule", "R01")],
        "items": ["A query without its tenant in a.ts", "Another in b.ts"], "more": 1,
        "link": "https://acme.example.com/pull/7",
    }  # fmt: skip
    values: dict[str, Any] = {"id": ID, "alert": ALERT, "acknowledge": "https://acme.example.com/ack/t~1"}
    for name, value in changes.items():
        (message if name in message else values)[name] = value
    return Packet(message=Message(**message), **values)  # type: ignore[typeddict-item]


@pytest.fixture
def slack_server() -> Iterator[SlackServer]:
    """Slack."""
    server = SlackServer()
    with server.running():
        yield server


@pytest.fixture
def pagerduty_server() -> Iterator[PagerDutyServer]:
    """PagerDuty's Events API."""
    server = PagerDutyServer()
    with server.running():
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook's address."""
    server = Receiver()
    with server.running():
        yield server


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """The mail server that Django is set up with."""
    server = MailServer()
    with server.running() as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield server

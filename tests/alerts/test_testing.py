"""Trying a channel out says what would become of an alert."""

from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.roles import Role
from alerts.choices import ChannelKind
from alerts.delivery import deliver_next
from alerts.models import Channel, Delivery, Notification
from alerts.services.testing import send_test
from audit.models import AuditEntry
from core.errors import Conflict
from tests import factories
from tests.alerts.servers import Answer, MailServer, SlackServer


@pytest.fixture
def slack(committed: None, slack_server: SlackServer) -> Channel:
    """A Slack channel."""
    secrets = orjson.dumps({"webhook_url": slack_server.webhook}).decode()
    return Channel.objects.create(kind=ChannelKind.SLACK, name="alerts", secrets=secrets)


def tried(channel: str, **options: Any) -> None:
    """Run the command inside acme."""
    call_command("alert_test", channel, schema="acme", **options)


def test_a_test_message_arrives_and_is_recorded(slack: Channel, slack_server: SlackServer, capsys: Any) -> None:
    tried("slack:alerts")
    assert capsys.readouterr().out == "slack:alerts: Delivered\n"
    assert slack_server.posted[0]["text"] == "Test message of slack:alerts"
    assert AuditEntry.objects.get().action == "channel.tested"
    assert Delivery.objects.get().occasion == "test"


def test_a_channel_that_does_not_work_says_why(slack: Channel, slack_server: SlackServer, capsys: Any) -> None:
    slack_server.next = [Answer(500, "rollup_error")]
    with pytest.raises(CommandError, match="1 of 1 did not go out"):
        tried("slack:alerts")
    assert capsys.readouterr().out == "slack:alerts: 500 rollup_error\n"


def test_email_goes_to_every_recipient(committed: None, mail_server: MailServer, capsys: Any) -> None:
    people = ["kim@example.com", "lee@example.com"]
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": people})
    tried("email:team")
    assert [mail["To"] for mail in mail_server.taken] == people
    assert [line.split(" <")[0] for line in capsys.readouterr().out.splitlines()] == [f"{one}: Sent" for one in people]


def test_in_the_console_it_goes_to_who_asked(committed: None) -> None:
    kim, _ = (factories.user(Role.TENANT_ADMIN, password="long enough") for _ in range(2))
    send_test(Channel.objects.get(kind=ChannelKind.IN_APP), by=kim, at=timezone.now())
    deliver_next()
    assert [note.user for note in Notification.objects.all()] == [kim]


def test_a_channel_that_is_switched_off_is_not_tried(slack: Channel, slack_server: SlackServer) -> None:
    slack.enabled = False
    with pytest.raises(Conflict, match="switched off"):
        send_test(slack, by=None, at=timezone.now())
    assert not Delivery.objects.exists()


def test_an_unknown_channel_is_named_beside_the_known(slack: Channel) -> None:
    with pytest.raises(CommandError, match="in_app:console, slack:alerts"):
        tried("slack:nowhere")

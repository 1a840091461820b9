"""Slack shows what was written, calls nobody, and every answer of its means what its documents say."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.base import Destination, Receipt, SendError
from alerts.channels.slack import SlackTransport
from alerts.channels.slack_blocks import mrkdwn, payload_of
from core.errors import Invalid
from tests.alerts.conftest import packet
from tests.alerts.servers import BOT_TOKEN, Answer, SlackServer, is_block_kit

SLACK = SlackTransport()


def webhook(server: SlackServer) -> Destination:
    """Through the incoming webhook."""
    return Destination("alerts", {}, {"webhook_url": server.webhook})


def bot(server: SlackServer, **changes: str) -> Destination:
    """Through the bot."""
    settings = {"channel": "C024BE91L", "api": f"{server.url}/api/"}
    return Destination("alerts", {**settings, **changes}, {"token": BOT_TOKEN})


def refused(server: SlackServer, destination: Destination, answer: Answer) -> tuple[str, bool, bool, timedelta | None]:
    """What an answer means."""
    server.next = [answer]
    with pytest.raises(SendError) as caught:
        SLACK.send(destination, [packet()])
    error = caught.value
    assert "secret" not in error.message
    return error.message, error.permanent, error.channel, error.wait


def test_one_alert_is_shown_in_full() -> None:
    assert payload_of([packet()]) == {
        "text": "R01 on acme/shop#7",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "R01 on acme/shop#7", "emoji": False}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "Tier 1: blocks · New", "verbatim": True}],
            },
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*Repository*\nacme/shop", "verbatim": True},
                    {"type": "mrkdwn", "text": "*Rule*\nR01", "verbatim": True},
                ],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "• A query without its tenant in a.ts\n• Another in b.ts\n• and 1 more",
                    "verbatim": True,
                },
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Acknowledge", "emoji": False},
                        "url": "https://acme.example.com/ack/t~1",
                        "action_id": "acknowledge",
                        "style": "primary",
                    },
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open", "emoji": False},
                        "url": "https://acme.example.com/pull/7",
                        "action_id": "open",
                    },
                ],
            },
        ],
    }


def test_what_people_write_neither_calls_nor_links(slack_server: SlackServer) -> None:
    evil = "<!channel> <@U1> <https://evil.example|click> & <#C1>"
    SLACK.send(webhook(slack_server), [packet(headline=evil, items=[evil], facts=[(evil, evil)])])
    (posted,) = slack_server.posted
    escaped = "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|click&gt; &amp; &lt;#C1&gt;"
    header, _, facts, items, _ = posted["blocks"]
    assert posted["text"] == escaped
    assert header["text"] == {"type": "plain_text", "text": evil, "emoji": False}
    assert facts["fields"][0]["text"] == f"*{escaped}*\n{escaped}"
    assert items["text"]["text"].startswith(f"• {escaped}\n")


@given(st.text(alphabet="&<>a ", max_size=60), st.integers(6, 40))
def test_a_cut_text_keeps_its_escapes_whole(text: str, limit: int) -> None:
    cut = mrkdwn(text, limit)
    assert len(cut) <= limit
    bare = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(bare) & set("&<>")


@pytest.mark.parametrize("count", [1, 2, 20])
def test_whatever_is_said_fits_into_slacks_limits(slack_server: SlackServer, count: int) -> None:
    long = "<&>" * 5000
    full = packet(
        headline=long, items=[long] * 5, facts=[(long, long)] * 12, acknowledge="https://a.example/" + "x" * 3000
    )
    SLACK.send(webhook(slack_server), [replace(full, id=uuid4()) for _ in range(count)])
    (posted,) = slack_server.posted
    assert is_block_kit(posted["blocks"])


def test_what_is_empty_is_left_out(slack_server: SlackServer) -> None:
    SLACK.send(webhook(slack_server), [packet(facts=[], items=[], more=0, link="", acknowledge="")])
    assert [block["type"] for block in slack_server.posted[0]["blocks"]] == ["header", "context"]


def test_twenty_alerts_are_one_message_and_each_can_be_acknowledged(slack_server: SlackServer) -> None:
    packets = [packet(id=uuid4(), headline=f"Alert {n}", acknowledge=f"https://a.example/{n}") for n in range(20)]
    SLACK.send(webhook(slack_server), packets)
    (posted,) = slack_server.posted
    buttons = [block["elements"][0]["url"] for block in posted["blocks"] if block["type"] == "actions"]
    assert posted["text"] == "20 alerts: 20 in Tier 1: blocks"
    assert buttons == [f"https://a.example/{n}" for n in range(20)]


def test_a_bot_posts_to_its_channel_and_knows_the_message(slack_server: SlackServer) -> None:
    receipt = SLACK.send(bot(slack_server), [packet()])
    assert receipt == Receipt("1503435956.000001", delivered=True)
    assert slack_server.posted[0]["channel"] == "C024BE91L"


@pytest.mark.parametrize(
    ("status", "code", "permanent", "channel"),
    [
        (400, "invalid_payload", True, False),
        (400, "no_text", True, False),
        (403, "action_prohibited", True, True),
        (403, "invalid_token", True, True),
        (404, "channel_not_found", True, True),
        (404, "no_service", True, True),
        (410, "channel_is_archived", True, True),
        (302, "", True, False),
        (408, "", False, False),
        (500, "rollup_error", False, False),
        (503, "", False, False),
        (200, "<html>Sign in to the Wi-Fi</html>", False, False),
        (200, "", False, False),
    ],
)
def test_a_webhooks_answers(slack_server: SlackServer, status: int, code: str, permanent: bool, channel: bool) -> None:
    headers = {"location": f"{slack_server.url}/elsewhere"} if status == 302 else {}
    answer = Answer(status, code, headers)
    said = f"{status} {code}".strip()
    assert refused(slack_server, webhook(slack_server), answer) == (said, permanent, channel, None)
    assert len(slack_server.asked) == 1


@pytest.mark.parametrize(
    ("code", "permanent", "channel"),
    [
        ("invalid_auth", True, True),
        ("token_revoked", True, True),
        ("not_in_channel", True, True),
        ("is_archived", True, True),
        ("missing_scope", True, True),
        ("invalid_blocks", True, False),
        ("msg_too_long", True, False),
        ("internal_error", False, False),
        ("something_new", False, False),
    ],
)
def test_the_web_apis_codes(slack_server: SlackServer, code: str, permanent: bool, channel: bool) -> None:
    answer = Answer(200, f'{{"ok": false, "error": "{code}"}}', {"content-type": "application/json"})
    assert refused(slack_server, bot(slack_server), answer) == (f"200 {code}", permanent, channel, None)


@pytest.mark.parametrize("body", ["<html>", '{"ok": true}', "[]", "\xff"])
def test_an_answer_that_is_none_of_slacks_is_tried_again(slack_server: SlackServer, body: str) -> None:
    _, permanent, channel, _ = refused(slack_server, bot(slack_server), Answer(200, body))
    assert (permanent, channel) == (False, False)


def test_a_limit_says_how_long(slack_server: SlackServer) -> None:
    limit = Answer(429, "rate_limited", {"Retry-After": "30"})
    for destination in (webhook(slack_server), bot(slack_server)):
        assert refused(slack_server, destination, limit)[3] == timedelta(seconds=30)
    untold = Answer(200, '{"ok": false, "error": "ratelimited"}')
    assert refused(slack_server, bot(slack_server), untold)[3] == timedelta(minutes=1)


def test_a_lost_connection_is_tried_again_and_names_no_secret(
    slack_server: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for destination in (webhook(slack_server), bot(slack_server)):
        said, permanent, _, _ = refused(slack_server, destination, Answer(drops=True))
        assert (said, permanent) == ("No answer: ConnectionError.", False)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert not [line for line in ours if "secret" in line or BOT_TOKEN in line]


def test_a_private_address_is_refused_when_it_is_sent_to(slack_server: SlackServer, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    with pytest.raises(SendError) as caught:
        SLACK.send(webhook(slack_server), [packet()])
    assert (caught.value.permanent, caught.value.channel, slack_server.asked) == (True, True, [])


@pytest.mark.parametrize(
    ("settings_", "secrets", "entry"),
    [
        ({}, {}, "webhook_url"),
        ({}, {"webhook_url": "https://hooks.slack.com/services/x", "token": "x"}, "webhook_url"),
        ({}, {"webhook_url": "http://hooks.slack.com/services/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://hooks.slack.com.evil.example/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://hooks.slack.com@evil.example/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://u@hooks.slack.com/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://hooks.slack.com:8443/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://hooks.slack.com:port/x"}, "webhook_url"),
        ({}, {"webhook_url": "https://slack.com/x"}, "webhook_url"),
        ({}, {"token": "x"}, "channel"),
        ({"channel": "C1", "api": "https://evil.example/api/"}, {"token": "x"}, "api"),
    ],
)
def test_nothing_but_slack_is_called(settings_: dict[str, str], secrets: dict[str, str], entry: str) -> None:
    with pytest.raises(Invalid) as caught:
        SLACK.check(Destination("alerts", settings_, secrets))
    assert list(caught.value.errors) == [entry]


@pytest.mark.parametrize("host", ["hooks.slack.com", "hooks.slack-gov.com"])
def test_both_slacks_may_be_called(host: str) -> None:
    SLACK.check(Destination("alerts", {}, {"webhook_url": f"https://{host}/services/T/B/x"}))
    SLACK.check(Destination("alerts", {"channel": "#alerts"}, {"token": "xoxb-1"}))

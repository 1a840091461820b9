"""A message as Slack's Block Kit shows it. Pure. What people wrote is text: it neither links nor calls anybody.

Limits and escaping: https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/messaging/formatting-message-text.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from alerts.channels.base import Packet
from alerts.choices import Tier
from alerts.messages import class_of

MAX_BLOCKS = 50
MAX_TEXT = 3000
MAX_HEADER = 150
MAX_FIELDS = 10
MAX_FIELD = 2000
MAX_ADDRESS = 3000
Block = dict[str, Any]


def payload_of(packets: Sequence[Packet]) -> dict[str, Any]:
    """``text`` for notifications and ``blocks`` for the message: one in full, several in two blocks each."""
    if len(packets) == 1:
        (packet,) = packets
        return {"text": mrkdwn(packet.message["headline"], MAX_TEXT), "blocks": _in_full(packet)}
    heading = f"{len(packets)} alerts: {_tiers(packets)}"
    blocks = [_header(heading)]
    for packet in packets:
        blocks += _in_short(packet)
    return {"text": mrkdwn(heading, MAX_TEXT), "blocks": blocks}


def mrkdwn(text: str, limit: int) -> str:
    """Text as mrkdwn that shows nothing but itself, cut to ``limit`` characters but never inside an escape."""
    escaped = [_ESCAPES.get(character, character) for character in " ".join(text.split())]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    kept = sum(1 for size in accumulate(map(len, escaped)) if size < limit)
    return "".join(escaped[:kept]) + "…"


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _in_full(packet: Packet) -> list[Block]:
    message = packet.message
    blocks = [_header(message["headline"]), _context(class_of(message))]
    if message["facts"]:
        fields = [_fact(name, value) for name, value in message["facts"][:MAX_FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    if message["items"]:
        share = MAX_TEXT // (len(message["items"]) + 1) - 3
        lines = [f"• {mrkdwn(item, share)}" for item in message["items"]]
        lines += [f"• and {message['more']} more"] if message["more"] else []
        blocks.append({"type": "section", "text": _text("\n".join(lines))})
    return [*blocks, *_buttons(packet)]


def _in_short(packet: Packet) -> list[Block]:
    message = packet.message
    facts = " · ".join(value for _, value in message["facts"])
    text = f"*{mrkdwn(message['headline'], 500)}*\n{mrkdwn(facts, 1000)}".rstrip()
    return [{"type": "section", "text": _text(text)}, *_buttons(packet)]


def _header(text: str) -> Block:
    line = " ".join(text.split())
    shown = line if len(line) <= MAX_HEADER else line[: MAX_HEADER - 1] + "…"
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_text(mrkdwn(text, MAX_FIELD))]}


def _fact(name: str, value: str) -> Block:
    return _text(f"*{mrkdwn(name, 200)}*\n{mrkdwn(value, MAX_FIELD - 300)}")


def _text(text: str) -> Block:
    # Verbatim: Slack looks for no addresses, channels or names in it.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _buttons(packet: Packet) -> list[Block]:
    named = [("Acknowledge", packet.acknowledge), ("Open", packet.message["link"])]
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": label, "emoji": False},
            "url": address,
            "action_id": label.lower(),
            **({"style": "primary"} if label == "Acknowledge" else {}),
        }
        for label, address in named
        if address.startswith(("https://", "http://")) and len(address) <= MAX_ADDRESS
    ]
    return [{"type": "actions", "elements": elements}] if elements else []


def _tiers(packets: Sequence[Packet]) -> str:
    counted = [(tier, sum(packet.message["tier"] == tier for packet in packets)) for tier in Tier]
    return ", ".join(f"{count} in {tier.label}" for tier, count in counted if count)

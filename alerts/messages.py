"""What a message says, before any channel gives it a form. Pure: plain values that fit into JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from alerts.choices import Occasion, Tier

SHOWN_ITEMS = 5
"""Of a list; the rest is counted."""


class Message(TypedDict):
    """One message. Channels render it; none of it is markup."""

    occasion: str
    tier: str
    headline: str
    """One line, the occasion included."""
    title: str
    count: int
    facts: list[tuple[str, str]]
    """Name and value, in the order to be shown in."""
    items: list[str]
    """What it is about, one line each."""
    more: int
    """How many items are not shown."""
    link: str


_FACTS = {
    "repository": "Repository",
    "pull_request": "Pull request",
    "rule": "Rule",
    "category": "Category",
    "author": "Author",
    "verdict": "Verdict",
}
_HEADS = {
    Occasion.OPENED: "",
    Occasion.GREW: "Grew: ",
    Occasion.REPEATED: "Still there: ",
    Occasion.RESOLVED: "Resolved: ",
    Occasion.ESCALATED: "Not acknowledged: ",
    Occasion.ACKNOWLEDGED: "Acknowledged: ",
}

_DIGESTS = {
    Occasion.BATCH: "{news} new in {tier}",
    Occasion.SUMMARY: "Summary of {tier}: {news} new",
    Occasion.ESCALATED: "{news} alerts in {tier} that nobody has acknowledged",
}


def of_alert(*, title: str, tier: str, count: int, facts: Mapping[str, Any], link: str, occasion: Occasion) -> Message:
    """What is said of one alert on an occasion.

    Args:
        facts: ``items`` are lines that say what it is about, those in ``_FACTS`` are shown by name, others are for
            matchers alone.
    """
    items = [str(item) for item in facts.get("items", [])]
    shown = [] if occasion == Occasion.RESOLVED else items[:SHOWN_ITEMS]
    return Message(
        occasion=occasion.value,
        tier=tier,
        headline=f"{_HEADS.get(occasion, '')}{title}",
        title=title,
        count=count,
        facts=[(label, str(facts[name])) for name, label in _FACTS.items() if facts.get(name)],
        items=shown,
        more=max(count - len(shown), 0) if shown else 0,
        link=link,
    )


def of_digest(*, tier: str, occasion: Occasion, news: int, facts: Mapping[str, Any], link: str) -> Message:
    """What a batch, a summary or an escalation of several alerts says.

    Args:
        news: how many came since the last one.
        facts: ``rules`` as ``[(name, new, open)]``, ``oldest`` as a line, ``items`` as lines.
    """
    title = _DIGESTS[occasion].format(news=news, tier=Tier(tier).label)
    rules: Sequence[tuple[str, int, int]] = facts.get("rules", [])
    items = [str(item) for item in facts.get("items", [])]
    named = [(name, f"{new} new, {live} open") for name, new, live in rules]
    if oldest := facts.get("oldest"):
        named.append(("Oldest", str(oldest)))
    return Message(
        occasion=occasion.value,
        tier=tier,
        headline=title,
        title=title,
        count=news,
        facts=named,
        items=items[:SHOWN_ITEMS],
        more=max(len(items) - SHOWN_ITEMS, 0),
        link=link,
    )


def class_of(message: Message) -> str:
    """Tier and occasion in one line. Who is told something of their own need not know of tiers."""
    occasion = Occasion(message["occasion"])
    apart = occasion in (Occasion.NOTICE, Occasion.TEST)
    return str(occasion.label) if apart else f"{Tier(message['tier']).label} · {occasion.label}"

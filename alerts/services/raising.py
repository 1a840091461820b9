"""What other rooms say: this is so, this is over. Whether anybody is told of it is decided here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from alerts.choices import AlertState, Tier
from alerts.escalation import due_at, frozen, thawed
from alerts.models import Alert
from alerts.rulings import rule_on_end, rule_on_fact
from alerts.services.desk import Desk
from alerts.services.writing import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """That something is so.

    Args:
        tier: how much it matters now; an alert's tier follows it.
        key: what makes facts alike: one open alert a key.
        count: how many things it is about now, at least 1.
        new: how many of them came since the fact was last raised; None: as many as the count has grown by.
        title: one line that stands by itself.
        facts: values for matchers (``repository``, ``category``, ``rule``) and for the message: see
            ``alerts.messages.of_alert``.
        link: the page here where a person acts on it.
    """

    tier: Tier
    key: str
    count: int
    new: int | None = None
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""


def raise_alert(
    *,
    tier: Tier,
    key: str,
    count: int = 1,
    new: int | None = None,
    title: str,
    facts: Mapping[str, Any] | None = None,
    link: str = "",
    at: datetime,
) -> Alert:
    """Say that one thing is so: see ``Fact`` and ``raise_alerts``."""
    fact = Fact(tier=tier, key=key, count=count, new=new, title=title, facts=facts or {}, link=link)
    return raise_alerts([fact], at=at)[0]


@transaction.atomic
def raise_alerts(facts: Sequence[Fact], *, at: datetime) -> list[Alert]:
    """Say that things are so, in the transaction that makes them so; returns their alerts, in the facts' order.

    A fact without an open alert opens one. Each is ruled on at once, the reason is kept, and deliveries are written
    for those who are told; quiet hours only let them wait. About a dozen statements, however many facts.
    """
    while facts:
        outbox = Outbox(Desk.at_this(at))
        known = _locked([fact.key for fact in facts])
        new = {fact.key: _opened(fact, outbox.desk) for fact in facts if fact.key not in known}
        alerts = known | new
        for fact in facts:
            _count_in(alerts[fact.key], fact, outbox.desk)
            _rule(alerts[fact.key], outbox)
        if not _added(new.values()):
            continue
        Alert.objects.rewrite(known.values(), _WRITTEN)
        outbox.write()
        return [alerts[fact.key] for fact in facts]
    return []


def resolve_alert(key: str, *, at: datetime) -> None:
    """Say that one thing is over: see ``resolve_alerts``."""
    resolve_alerts([key], at=at)


@transaction.atomic
def resolve_alerts(keys: Iterable[str], *, at: datetime) -> int:
    """Say that things are over; those who were told that they began are told. Returns how many were open.

    Escalation ends with it. What still waits to be sent about it is replaced.
    """
    locked = Alert.objects.select_for_update(no_key=True).filter(open_key__in=list(keys)).order_by("pk")
    alerts = list(locked)
    if not alerts:
        return 0
    outbox = Outbox(Desk.at_this(at))
    for alert in alerts:
        _end(alert, outbox)
    Alert.objects.rewrite(alerts, _ENDED)
    outbox.write()
    return len(alerts)


_WRITTEN = [
    "tier", "state", "ruled", "title", "facts", "link", "count", "unsent", "last_fact_at", "last_sent_at", "told",
    "chain", "steps_taken", "next_step_at", "acknowledged_at", "acknowledged_by", "acknowledged_via",
]  # fmt: skip
_ENDED = ["state", "open_key", "resolved_at", "next_step_at", "unsent", "told"]


def _opened(fact: Fact, desk: Desk) -> Alert:
    return Alert(
        tier=fact.tier,
        key=fact.key,
        open_key=fact.key,
        title=fact.title,
        opened_at=desk.at,
        last_fact_at=desk.at,
        chain=frozen(desk.policy(fact.tier).chain),
    )


def _added(alerts: Collection[Alert]) -> bool:
    """Store new alerts; False where somebody else has opened one of them at this moment: theirs counts."""
    try:
        with transaction.atomic():
            Alert.objects.bulk_create(alerts)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return False
    return True


def _locked(keys: Sequence[str]) -> dict[str, Alert]:
    rows = Alert.objects.select_for_update(no_key=True).filter(open_key__in=keys).order_by("pk")
    return {alert.key: alert for alert in rows}


def _count_in(alert: Alert, fact: Fact, desk: Desk) -> None:
    untold = alert.last_sent_at is None and alert.count == 0
    graver = Tier(fact.tier).rank < Tier(alert.tier).rank
    grown = max(fact.count - alert.count, 0) if fact.new is None else fact.new
    news = fact.count if untold or graver else alert.unsent + grown
    if graver:
        # What it has become is news as a whole, and escalates as its new tier does.
        alert.chain, alert.next_step_at = frozen(desk.policy(fact.tier).chain), None
    alert.unsent = min(news, fact.count)
    alert.tier, alert.title, alert.link = fact.tier, fact.title, fact.link
    alert.count, alert.facts = fact.count, dict(fact.facts)
    alert.last_fact_at = desk.at


def _rule(alert: Alert, outbox: Outbox) -> None:
    desk, policy = outbox.desk, outbox.desk.policy(alert.tier)
    silence = desk.silence(tier=alert.tier, key=alert.key, facts=alert.facts)
    ruling = rule_on_fact(alert.known(), policy.terms(), silenced=silence is not None, at=desk.at)
    again, alert.ruled = alert.ruled == ruling.reason, ruling.reason
    if ruling.occasion is None:
        if not again:  # the same answer to the same question is said once
            outbox.note(alert, ruling.reason, detail=str(silence) if silence else "")
        return
    if alert.state == AlertState.ACKNOWLEDGED:
        # There is news: who said "I am at it" has not seen them.
        alert.state = AlertState.OPEN
        alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_via = None, "", ""
    outbox.tell(alert, ruling.occasion, ruling.reason, names=desk.names_for(alert.tier, alert.facts))
    note_told(alert, at=desk.at)


def note_told(alert: Alert, *, at: datetime) -> None:
    """People were told of all there is to an alert; from the first message on, its escalation runs."""
    if alert.next_step_at is None and alert.state == AlertState.OPEN:
        alert.steps_taken = 0
        alert.next_step_at = due_at(thawed(alert.chain), 0, since=at)
    alert.last_sent_at, alert.unsent = at, 0


def _end(alert: Alert, outbox: Outbox) -> None:
    desk = outbox.desk
    silence = desk.silence(tier=alert.tier, key=alert.key, facts=alert.facts)
    ruling = rule_on_end(told=bool(alert.told), silenced=silence is not None)
    if ruling.occasion is None:
        outbox.note(alert, ruling.reason, detail=str(silence) if silence else "")
    else:
        outbox.tell(alert, ruling.occasion, ruling.reason, names=list(alert.told))
    alert.state, alert.resolved_at = AlertState.RESOLVED, desk.at
    alert.open_key = alert.next_step_at = None
    alert.unsent = 0

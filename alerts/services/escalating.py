"""What nobody acknowledges goes to the next ones in the chain."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction

from alerts.choices import ChannelKind, Occasion, Reason
from alerts.escalation import due_at, thawed
from alerts.models import Alert
from alerts.services.desk import Desk
from alerts.services.gathering import gathered, message_of, open_digest
from alerts.services.writing import Outbox

OVERDUE = timedelta(minutes=5)
"""A step that is this late was forgotten by whoever should have taken it: the watchdog takes it."""
AT_ONCE = 200


@transaction.atomic
def escalate_due(*, at: datetime) -> int:
    """Take every step that is due. Returns how many alerts went up.

    Several alerts of a tier that go to the same people at the same moment go in one message. Alerts that another
    worker holds are passed over: it is taking their step.
    """
    due = Alert.objects.step_due(at).order_by("next_step_at").select_for_update(skip_locked=True, no_key=True)
    alerts = list(due[:AT_ONCE])
    if not alerts:
        return 0
    outbox = Outbox(Desk.at_this(at))
    groups: defaultdict[tuple[str, tuple[str, ...]], list[Alert]] = defaultdict(list)
    for alert in alerts:
        if not _held_back(alert, outbox):
            groups[alert.tier, thawed(alert.chain)[alert.steps_taken].channels].append(alert)
    for (tier, names), group in groups.items():
        _escalate(tier, names, group, outbox)
    Alert.objects.rewrite(alerts, ["told", "steps_taken", "next_step_at"])
    outbox.write()
    return sum(len(group) for group in groups.values())


def _held_back(alert: Alert, outbox: Outbox) -> bool:
    """A silence lets the escalation wait for its end."""
    silence = outbox.desk.silence(tier=alert.tier, key=alert.key, facts=alert.facts)
    if silence is None:
        return False
    outbox.note(alert, Reason.SILENCED, occasion=Occasion.ESCALATED, detail=str(silence))
    alert.next_step_at = silence.until
    return True


def _escalate(tier: str, names: tuple[str, ...], alerts: list[Alert], outbox: Outbox) -> None:
    at = outbox.desk.at
    digest = open_digest(tier, Occasion.ESCALATED, window=at, at=at) if len(alerts) > 1 else None
    # An incident there ends with its alert, so that each alert has one of its own.
    alone = [name for name in names if digest is None or name.partition(":")[0] == ChannelKind.PAGERDUTY]
    if alone:
        for alert in alerts:
            outbox.tell(alert, Occasion.ESCALATED, Reason.ESCALATED, names=alone)
    if digest is not None and (names := tuple(name for name in names if name not in alone)):
        digest.news, digest.reason, digest.facts = len(alerts), Reason.ESCALATED, gathered(alerts)
        digest.save(update_fields=["news", "reason", "facts"])
        outbox.tell_digest(digest, message_of(digest), names=names)
        for alert in alerts:
            outbox.note(alert, Reason.ESCALATED, occasion=Occasion.ESCALATED, channel=", ".join(names))
    for alert in alerts:
        alert.steps_taken += 1
        alert.next_step_at = due_at(thawed(alert.chain), alert.steps_taken, since=at)

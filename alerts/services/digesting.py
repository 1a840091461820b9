"""Batches and summaries: what does not have to be told at once is told together. Beat looks every minute."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from alerts.choices import Frequency, Occasion, Reason
from alerts.hours import last_summary
from alerts.models import Alert, AlertPolicy, Digest
from alerts.rulings import Ruling, rule_on_batch, rule_on_summary
from alerts.services.desk import Desk
from alerts.services.gathering import gathered, message_of, open_digest
from alerts.services.raising import note_told
from alerts.services.writing import Outbox

_SENT = [Reason.BATCHED, Reason.SUMMARISED]


def send_due_digests(*, at: datetime) -> int:
    """Send what is due now: at most one batch and one summary a tier. Returns how many went out.

    Exactly one a window, with any number of workers: the window is a unique row, written with the messages.
    """
    desk = Desk.at_this(at)
    sent = 0
    for policy in desk.policies.values():
        if policy.frequency == Frequency.IMMEDIATE:
            continue
        for occasion, window in _windows(policy, desk):
            sent += _send(policy, occasion, window, at)
    return sent


def _windows(policy: AlertPolicy, desk: Desk) -> list[tuple[Occasion, datetime]]:
    """The windows of a policy that have ended last, the summary first: what it says needs no batch."""
    windows = []
    if policy.summary_time is not None:
        due = last_summary(desk.hours, Frequency(policy.frequency), policy.summary_time, desk.at)
        if due is not None:
            windows.append((Occasion.SUMMARY, due))
    # A batch is for people at work: outside of business hours, what comes waits for the summary.
    heard = not policy.quiet_hours or desk.emergency or desk.hours.open_at(desk.at)
    if policy.aggregation_window and heard:
        windows.append((Occasion.BATCH, _floor(desk.at, policy.aggregation_window)))
    return windows


@transaction.atomic
def _send(policy: AlertPolicy, occasion: Occasion, window: datetime, at: datetime) -> int:
    if Digest.objects.filter(tier=policy.tier, occasion=occasion, window=window).exists():
        return 0
    digest = open_digest(policy.tier, occasion, window=window, at=at)
    if digest is None:
        return 0
    # Read under the digest's lock, and by nobody but its writer.
    outbox = Outbox(Desk.at_this(at))
    locked = Alert.objects.select_for_update(no_key=True).news(policy.tier)
    alerts = [alert for alert in locked if not _silenced(alert, outbox.desk)]
    news = sum(alert.unsent for alert in alerts)
    ruling = _ruling(policy, occasion, news=news, desk=outbox.desk)
    digest.news, digest.reason = news, ruling.reason
    if ruling.occasion is not None:
        digest.facts = gathered(alerts)
        outbox.tell_digest(digest, message_of(digest), names=policy.channels)
        for alert in alerts:
            outbox.note(alert, ruling.reason, occasion=occasion)
            note_told(alert, at=at)
        Alert.objects.rewrite(alerts, ["unsent", "last_sent_at", "steps_taken", "next_step_at"])
    digest.save(update_fields=["news", "reason", "facts"])
    outbox.write()
    return int(ruling.occasion is not None)


def _silenced(alert: Alert, desk: Desk) -> bool:
    return desk.silence(tier=alert.tier, key=alert.key, facts=alert.facts) is not None


def _ruling(policy: AlertPolicy, occasion: Occasion, *, news: int, desk: Desk) -> Ruling:
    midnight = desk.at.astimezone(desk.hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    sent_today = Digest.objects.filter(tier=policy.tier, reason__in=_SENT, at__gte=midnight).count()
    if occasion == Occasion.BATCH:
        return rule_on_batch(
            news=news, threshold=policy.threshold, sent_today=sent_today, max_per_day=policy.max_per_day
        )
    return rule_on_summary(
        news=news,
        threshold=policy.threshold,
        batches=policy.aggregation_window is not None,
        sent_today=sent_today,
        max_per_day=policy.max_per_day,
    )


def _floor(at: datetime, step: timedelta) -> datetime:
    """The last whole multiple of ``step`` since the epoch."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)

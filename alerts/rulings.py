"""Whether a fact about an alert is news. Pure: the alert and its policy go in, a ruling with its reason comes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.choices import AlertState, Frequency, Occasion, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An alert, after the fact was counted in."""

    state: AlertState
    count: int
    """What it is about now."""
    unsent: int
    """How many came since the last message; never more than ``count``."""
    last_sent_at: datetime | None = None
    """None: nobody was told of it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What of a policy a ruling depends on."""

    threshold: int = 1
    window: timedelta = timedelta(hours=1)
    """The same facts inside it are not repeated."""
    frequency: Frequency = Frequency.IMMEDIATE


class Ruling(NamedTuple):
    """To send on an occasion, or not, and why."""

    occasion: Occasion | None
    reason: Reason


def rule_on_fact(known: Known, terms: Terms, *, silenced: bool, at: datetime) -> Ruling:
    """Rule on a fact that was raised; the first that applies.

    News outweigh the window and an acknowledgement: who said "I am at it" has not seen them.
    """
    if silenced:
        return Ruling(None, Reason.SILENCED)
    if terms.frequency != Frequency.IMMEDIATE:
        return Ruling(None, Reason.FOR_SUMMARY)
    if known.count < terms.threshold:
        return Ruling(None, Reason.UNDER_THRESHOLD)
    if known.last_sent_at is None:
        return Ruling(Occasion.OPENED, Reason.OPENED)
    if known.unsent:
        return Ruling(Occasion.GREW, Reason.GREW)
    if known.state == AlertState.ACKNOWLEDGED:
        return Ruling(None, Reason.ALREADY_ACKNOWLEDGED)
    if at < known.last_sent_at + terms.window:
        return Ruling(None, Reason.DUPLICATE)
    return Ruling(Occasion.REPEATED, Reason.REPEATED)


def rule_on_end(*, told: bool, silenced: bool) -> Ruling:
    """Rule on an alert that is over: who was told that it began is told that it ended."""
    if not told:
        return Ruling(None, Reason.NEVER_SENT)
    return Ruling(None, Reason.SILENCED) if silenced else Ruling(Occasion.RESOLVED, Reason.RESOLVED)


def rule_on_batch(*, news: int, threshold: int, sent_today: int, max_per_day: int | None) -> Ruling:
    """Rule on an aggregation window that has ended with this much unsent news in a tier."""
    if news < max(threshold, 1):
        return Ruling(None, Reason.UNDER_THRESHOLD)
    if max_per_day is not None and sent_today >= max_per_day:
        return Ruling(None, Reason.LIMIT_OF_DAY)
    return Ruling(Occasion.BATCH, Reason.BATCHED)


def rule_on_summary(*, news: int, threshold: int, batches: bool, sent_today: int, max_per_day: int | None) -> Ruling:
    """Rule on a summary that is due.

    Where batches exist the threshold was theirs, and the summary brings the rest, however little. Where a summary is
    the only way out, less than the threshold waits for the next one.
    """
    if news < (1 if batches else max(threshold, 1)):
        return Ruling(None, Reason.UNDER_THRESHOLD)
    if max_per_day is not None and sent_today >= max_per_day:
        return Ruling(None, Reason.LIMIT_OF_DAY)
    return Ruling(Occasion.SUMMARY, Reason.SUMMARISED)

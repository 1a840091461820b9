"""What is news, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.choices import AlertState, Frequency, Occasion, Reason
from alerts.escalation import Step, due_at, frozen, thawed
from alerts.rulings import Known, Ruling, Terms, rule_on_batch, rule_on_end, rule_on_fact, rule_on_summary

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN, ACKNOWLEDGED = AlertState.OPEN, AlertState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("state", "count", "unsent", "sent", "reason"),
    [
        (OPEN, 1, 1, None, Reason.UNDER_THRESHOLD),
        (OPEN, 2, 2, None, Reason.OPENED),
        (OPEN, 5, 1, NOW - HOUR / 2, Reason.GREW),  # news do not wait for the window
        (OPEN, 5, 0, NOW - HOUR + timedelta(microseconds=1), Reason.DUPLICATE),
        (OPEN, 5, 0, NOW - HOUR, Reason.REPEATED),  # the window ends at its end
        (OPEN, 1, 0, NOW - 2 * HOUR, Reason.UNDER_THRESHOLD),
        (ACKNOWLEDGED, 5, 0, NOW - 2 * HOUR, Reason.ALREADY_ACKNOWLEDGED),
        (ACKNOWLEDGED, 5, 1, NOW - HOUR / 2, Reason.GREW),
    ],
)
def test_a_fact_is_news_when_it_opens_grows_or_outlasts_the_window(
    state: AlertState, count: int, unsent: int, sent: datetime | None, reason: Reason
) -> None:
    known = Known(state=state, count=count, unsent=unsent, last_sent_at=sent)
    ruling = rule_on_fact(known, Terms(threshold=2, window=HOUR), silenced=False, at=NOW)
    assert ruling.reason == reason
    assert (ruling.occasion is not None) == (reason in {Reason.OPENED, Reason.GREW, Reason.REPEATED})


def test_a_silence_outweighs_everything() -> None:
    known = Known(state=OPEN, count=9, unsent=9)
    assert rule_on_fact(known, Terms(), silenced=True, at=NOW) == Ruling(None, Reason.SILENCED)


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
def test_what_is_summed_up_waits(frequency: Frequency) -> None:
    known = Known(state=OPEN, count=9, unsent=9)
    assert rule_on_fact(known, Terms(frequency=frequency), silenced=False, at=NOW) == (None, Reason.FOR_SUMMARY)


@pytest.mark.parametrize(
    ("told", "silenced", "ruling"),
    [
        (True, False, (Occasion.RESOLVED, Reason.RESOLVED)),
        (True, True, (None, Reason.SILENCED)),
        (False, False, (None, Reason.NEVER_SENT)),
    ],
)
def test_who_was_told_of_the_beginning_is_told_of_the_end(
    told: bool, silenced: bool, ruling: tuple[Occasion | None, Reason]
) -> None:
    assert rule_on_end(told=told, silenced=silenced) == ruling


@pytest.mark.parametrize(
    ("news", "sent_today", "reason"),
    [
        (4, 0, Reason.UNDER_THRESHOLD),
        (5, 0, Reason.BATCHED),
        (5, 4, Reason.BATCHED),
        (5, 5, Reason.LIMIT_OF_DAY),
        (0, 0, Reason.UNDER_THRESHOLD),
    ],
)
def test_a_batch_needs_the_threshold_and_room_in_the_day(news: int, sent_today: int, reason: Reason) -> None:
    assert rule_on_batch(news=news, threshold=5, sent_today=sent_today, max_per_day=5).reason == reason


@pytest.mark.parametrize(
    ("news", "batches", "reason"),
    [
        (0, True, Reason.UNDER_THRESHOLD),
        (1, True, Reason.SUMMARISED),  # the rest, however little
        (9, False, Reason.UNDER_THRESHOLD),
        (10, False, Reason.SUMMARISED),
    ],
)
def test_a_summary_brings_the_rest_or_waits_for_its_threshold(news: int, batches: bool, reason: Reason) -> None:
    ruling = rule_on_summary(news=news, threshold=10, batches=batches, sent_today=0, max_per_day=None)
    assert ruling.reason == reason


def test_each_step_counts_from_the_one_before() -> None:
    chain = [Step(timedelta(minutes=15), ("pagerduty",)), Step(HOUR, ("email:managers", "slack"))]
    assert due_at(chain, 0, since=NOW) == NOW + timedelta(minutes=15)
    assert due_at(chain, 1, since=NOW) == NOW + HOUR
    assert due_at(chain, 2, since=NOW) is None
    assert thawed(frozen(chain)) == chain

"""What happens by time alone: escalation, batches, summaries; once, however many look at the clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation
from alerts.choices import AlertState, ChannelKind, Occasion, Reason, Tier
from alerts.models import Alert, AlertEvent, AlertPolicy, AlertSettings, Channel, Delivery, Digest, Silence
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.clock import look_at_the_clock, take_overdue
from alerts.services.raising import raise_alert, resolve_alert
from tenants.current import connection

MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def channels(db: None) -> None:
    """Slack, email, PagerDuty; and one manager."""
    Channel.objects.create(kind=ChannelKind.SLACK, name="alerts")
    Channel.objects.create(kind=ChannelKind.PAGERDUTY, name="duty")
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": ["team@example.com"]})
    Organisation.objects.create(managers=["boss@example.com"])
    look_at_the_clock(at=MONDAY)  # this morning's summaries had nothing to say


def raised(tier: Tier, *, key: str = "k", count: int = 1, at: datetime = MONDAY, **facts: Any) -> Alert:
    """An alert about so many new violations."""
    return raise_alert(tier=tier, key=key, count=count, new=count, title=f"Alert {key}", facts=facts, at=at)


def sent(*, since: int = 0) -> list[tuple[str, str]]:
    """Occasion and place of what was written, the console aside."""
    rows = Delivery.objects.exclude(channel_name="in_app:console").order_by("pk")[since:]
    return [(row.occasion, row.recipient or row.channel_name) for row in rows]


def looked(at: datetime) -> list[tuple[str, str]]:
    """What a look at the clock at this time writes."""
    before = len(sent())
    look_at_the_clock(at=at)
    return sent(since=before)


@pytest.mark.usefixtures("channels")
def test_what_nobody_acknowledges_goes_up_after_its_delay_and_once() -> None:
    raised(Tier.BLOCK)
    assert looked(MONDAY + 15 * MINUTE - timedelta(seconds=1)) == []
    assert looked(MONDAY + 15 * MINUTE) == [("escalated", "pagerduty:duty")]
    assert looked(MONDAY + DAY) == []


@pytest.mark.usefixtures("channels")
@pytest.mark.parametrize("over", [lambda alert: resolve_alert("k", at=MONDAY), lambda alert: acknowledged(alert)])
def test_an_end_or_an_acknowledgement_stops_the_escalation(over: Callable[[Alert], object]) -> None:
    over(raised(Tier.BLOCK))
    assert looked(MONDAY + HOUR) == []


def acknowledged(alert: Alert) -> Alert:
    """Somebody is at it."""
    return acknowledge_alert(alert.pk, by=None, label="kim", via="api", at=MONDAY)


@pytest.mark.usefixtures("channels")
def test_a_chain_of_any_length_is_frozen_when_the_alert_opens() -> None:
    steps = [{"delay": 60, "channels": ["slack"]}, {"delay": 120, "channels": ["email:managers"]}]
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(escalation=steps)
    raised(Tier.BLOCK)
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(escalation=[])
    assert looked(MONDAY + MINUTE) == [("escalated", "slack:alerts")]
    assert looked(MONDAY + 3 * MINUTE) == [("escalated", "boss@example.com")]


@pytest.mark.usefixtures("channels")
def test_a_silence_lets_the_escalation_wait_for_its_end() -> None:
    raised(Tier.BLOCK)
    Silence.objects.create(until=MONDAY + HOUR, reason="Known", created_by="kim")
    assert looked(MONDAY + 15 * MINUTE) == []
    assert looked(MONDAY + HOUR) == [("escalated", "pagerduty:duty")]


@pytest.mark.usefixtures("channels")
def test_the_watchdog_takes_what_is_five_minutes_late() -> None:
    raised(Tier.BLOCK)
    assert take_overdue(at=MONDAY + 20 * MINUTE - timedelta(seconds=1)) is False
    assert take_overdue(at=MONDAY + 20 * MINUTE) is True
    assert sent()[-1] == ("escalated", "pagerduty:duty")


@pytest.mark.usefixtures("channels")
def test_enough_news_of_an_hour_go_out_together_and_less_waits() -> None:
    raised(Tier.OVERRIDE, count=4)
    assert looked(MONDAY + 30 * MINUTE) == []  # 11:00
    raised(Tier.OVERRIDE, key="other", at=MONDAY + HOUR)
    assert looked(MONDAY + 90 * MINUTE) == [("batch", "slack:alerts"), ("batch", "team@example.com")]  # 12:00
    assert looked(MONDAY + 150 * MINUTE) == []  # nothing new
    assert Digest.objects.get(reason=Reason.BATCHED).news == 5


@pytest.mark.usefixtures("channels")
def test_the_rest_goes_out_with_the_next_mornings_summary() -> None:
    alert = raised(Tier.OVERRIDE, count=2, rule="R07", rule_name="R07 Error Handling")
    assert looked(MONDAY + DAY - 91 * MINUTE) == []  # 8:59
    assert looked(MONDAY + DAY - 90 * MINUTE) == [("summary", "slack:alerts"), ("summary", "team@example.com")]
    digest = Digest.objects.get(reason=Reason.SUMMARISED)
    assert digest.facts["rules"] == [["R07 Error Handling", 2, 2]]
    acknowledged(alert)
    assert looked(MONDAY + 2 * DAY) == []  # nothing to say, nothing sent


@pytest.mark.usefixtures("channels")
def test_outside_of_business_hours_there_is_no_batch_except_in_an_emergency() -> None:
    night = MONDAY.replace(hour=22)
    raised(Tier.OVERRIDE, count=9, at=night)
    assert looked(night + HOUR) == []
    AlertSettings.objects.create(everything_passes_until=night + 3 * HOUR)
    assert looked(night + 2 * HOUR) == [("batch", "slack:alerts"), ("batch", "team@example.com")]
    assert {delivery.run_after for delivery in Delivery.objects.all()} == {night + 2 * HOUR}


@pytest.mark.usefixtures("channels")
def test_a_day_holds_so_many_batches_and_no_more() -> None:
    AlertPolicy.objects.filter(pk=Tier.OVERRIDE).update(max_per_day=2, threshold=1)
    counts = []
    for hour in range(4):
        raised(Tier.OVERRIDE, key=f"k{hour}", at=MONDAY + hour * HOUR)
        counts.append(len(looked(MONDAY + (hour + 0.5) * HOUR)))
    assert counts == [2, 2, 0, 0]
    assert Digest.objects.filter(reason=Reason.LIMIT_OF_DAY).count() == 2


@pytest.mark.usefixtures("channels")
def test_warnings_are_summed_up_on_mondays_once_there_are_ten() -> None:
    raised(Tier.WARNING, count=9)
    next_monday = MONDAY.replace(hour=9, minute=0) + 7 * DAY
    assert looked(next_monday) == []
    raised(Tier.WARNING, key="other", at=next_monday + HOUR)
    assert looked(next_monday + 7 * DAY) == [("summary", "team@example.com")]


@pytest.mark.usefixtures("channels")
def test_an_unacknowledged_batch_goes_to_the_managers_in_one_message() -> None:
    for number in range(5):
        raised(Tier.OVERRIDE, key=f"k{number}")
    looked(MONDAY + 30 * MINUTE)
    assert looked(MONDAY + 4 * HOUR + 29 * MINUTE) == []
    assert looked(MONDAY + 4 * HOUR + 30 * MINUTE) == [("escalated", "boss@example.com")]
    assert Digest.objects.get(occasion=Occasion.ESCALATED).news == 5
    assert AlertEvent.objects.filter(reason=Reason.ESCALATED).count() == 5


@pytest.mark.usefixtures("channels")
def test_managers_hear_once_however_many_email_channels_there_are() -> None:
    Channel.objects.create(kind=ChannelKind.EMAIL, name="second", settings={"recipients": ["two@example.com"]})
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(escalation=[{"delay": 60, "channels": ["email:managers"]}])
    raised(Tier.BLOCK)
    assert looked(MONDAY + MINUTE) == [("escalated", "boss@example.com")]


@pytest.mark.usefixtures("channels")
def test_what_was_silenced_is_in_no_summary() -> None:
    Silence.objects.create(repository="acme/*", until=MONDAY + 30 * DAY, reason="Known", created_by="kim")
    raised(Tier.OVERRIDE, count=9, repository="acme/shop")
    assert looked(MONDAY + 30 * MINUTE) == []
    assert Alert.objects.get().state == AlertState.OPEN


def test_two_beats_at_once_send_nothing_twice(committed: None) -> None:
    acme = connection.tenant
    Channel.objects.create(kind=ChannelKind.SLACK, name="alerts")
    look_at_the_clock(at=MONDAY)
    raised(Tier.OVERRIDE, count=9)
    raised(Tier.BLOCK, key="block")

    def look(_: int) -> None:
        connection.set_tenant(acme)
        look_at_the_clock(at=MONDAY + HOUR)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(8)))
    occasions = Delivery.objects.filter(channel_name="slack:alerts").values_list("occasion", flat=True)
    assert sorted(occasions) == ["batch", "opened"]
    assert Alert.objects.get(key="block").steps_taken == 1

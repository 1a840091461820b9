"""Facts become alerts, and alerts deliveries, or a record of why not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.choices import AlertState, ChannelKind, Reason, Tier
from alerts.models import Alert, AlertEvent, AlertPolicy, Channel, Delivery, Route, Silence
from alerts.services.raising import Fact, raise_alert, raise_alerts, resolve_alert

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


@pytest.fixture
def slack() -> Channel:
    """A Slack channel, which the policies of tiers 1 and 2 name."""
    return Channel.objects.create(kind=ChannelKind.SLACK, name="alerts")


def block(**changes: Any) -> Alert:
    """One blocking violation on a pull request."""
    values: dict[str, Any] = {
        "tier": Tier.BLOCK, "key": "pull:R01", "count": 1, "new": 1, "title": "R01 on acme/shop#1", "at": NOW,
        "facts": {"repository": "acme/shop", "rule": "R01", "category": "Security"},
    }  # fmt: skip
    return raise_alert(**{**values, **changes})


def sent() -> list[tuple[str, str]]:
    """Occasion and channel of all deliveries but the console's, in order."""
    rows = Delivery.objects.exclude(channel_name="in_app:console").order_by("pk")
    return list(rows.values_list("occasion", "channel_name"))


def reasons(alert: Alert, channel: str = "slack:alerts") -> list[str]:
    """Why something was sent to this channel, or was not."""
    return list(AlertEvent.objects.filter(alert=alert, channel__in=[channel, ""]).values_list("reason", flat=True))


def test_a_block_is_told_at_once_and_what_is_not_set_up_is_noted(slack: Channel) -> None:
    alert = block()
    assert sent() == [("opened", "slack:alerts")]
    assert reasons(alert) == [Reason.OPENED]
    assert reasons(alert, "pagerduty") == [Reason.NOT_CONFIGURED]
    assert alert.next_step_at == NOW + timedelta(minutes=15)


def test_the_same_facts_inside_the_window_are_told_once(slack: Channel) -> None:
    first, second = block(), block(new=0, at=NOW + HOUR / 2)
    assert first.pk == second.pk
    assert sent() == [("opened", "slack:alerts")]
    assert reasons(first) == [Reason.OPENED, Reason.DUPLICATE]


def test_growth_is_told_inside_the_window_and_repetition_after_it(slack: Channel) -> None:
    block()
    block(count=2, new=1, at=NOW + HOUR / 2)
    block(count=2, new=0, at=NOW + 2 * HOUR)
    assert [occasion for occasion, _ in sent()] == ["opened", "grew", "repeated"]


def test_one_that_left_and_one_that_came_is_growth(slack: Channel) -> None:
    block(count=3, new=3)
    block(count=3, new=1, at=NOW + timedelta(minutes=1))
    assert [occasion for occasion, _ in sent()] == ["opened", "grew"]


def test_who_was_told_hears_of_the_end_and_the_next_fact_opens_anew(slack: Channel) -> None:
    first = block()
    resolve_alert("pull:R01", at=NOW + HOUR)
    first.refresh_from_db()
    assert (first.state, first.open_key, first.next_step_at) == (AlertState.RESOLVED, None, None)
    assert block(at=NOW + 2 * HOUR).pk != first.pk
    assert [occasion for occasion, _ in sent()] == ["opened", "resolved", "opened"]


def test_the_end_of_what_nobody_heard_of_is_not_told(slack: Channel) -> None:
    alert = block(tier=Tier.WARNING)
    resolve_alert("pull:R01", at=NOW)
    assert sent() == []
    assert reasons(alert) == [Reason.FOR_SUMMARY, Reason.NEVER_SENT]


def test_news_reopen_what_was_acknowledged(slack: Channel) -> None:
    alert = block()
    Alert.objects.filter(pk=alert.pk).update(state=AlertState.ACKNOWLEDGED, acknowledged_by="kim", next_step_at=None)
    assert block(new=0, at=NOW + 2 * HOUR).state == AlertState.ACKNOWLEDGED
    grown = block(count=2, new=1, at=NOW + 3 * HOUR)
    assert (grown.state, grown.acknowledged_by) == (AlertState.OPEN, "")
    assert grown.next_step_at == NOW + 3 * HOUR + timedelta(minutes=15)


def test_what_becomes_graver_is_told_and_escalates_as_its_new_tier_does(slack: Channel) -> None:
    assert block(tier=Tier.WARNING, count=3, new=3).next_step_at is None
    graver = block(tier=Tier.BLOCK, count=3, new=0, at=NOW + HOUR / 2)
    assert sent() == [("opened", "slack:alerts")]
    assert graver.next_step_at == NOW + HOUR / 2 + timedelta(minutes=15)


def test_a_silence_records_and_sends_nothing(slack: Channel) -> None:
    Silence.objects.create(repository="acme/*", until=NOW + HOUR, reason="Known", created_by="kim")
    alert = block()
    assert sent() == []
    assert reasons(alert) == [Reason.SILENCED]
    assert block(new=0, at=NOW + HOUR).last_sent_at == NOW + HOUR  # it has ended, and nobody was told yet


def test_a_route_sends_to_the_team_that_owns_the_code(slack: Channel) -> None:
    Channel.objects.create(kind=ChannelKind.SLACK, name="shop", general=False)
    Route.objects.create(name="shop", repositories=["acme/shop"], channels=["slack:shop"])
    block()
    block(key="other", facts={"repository": "acme/api"})
    assert sent() == [("opened", "slack:shop"), ("opened", "slack:alerts")]


def test_without_a_mail_server_email_is_not_set_up_and_no_failure(slack: Channel, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": ["team@example.com"]})
    assert reasons(block(), "email") == [Reason.NOT_CONFIGURED]
    assert sent() == [("opened", "slack:alerts")]


def test_quiet_hours_let_messages_wait_but_never_tier_one(slack: Channel) -> None:
    AlertPolicy.objects.filter(pk=Tier.OVERRIDE).update(frequency="immediate")
    night = NOW.replace(hour=22)
    alert = block(tier=Tier.OVERRIDE, key="quiet", count=5, new=5, at=night)
    block(at=night)
    waits = dict(Delivery.objects.filter(channel=slack).values_list("tier", "run_after"))
    assert waits == {Tier.OVERRIDE: NOW.replace(day=24, hour=9), Tier.BLOCK: night}
    assert reasons(alert) == [Reason.QUIET_HOURS]


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_facts_takes_the_same_statements(
    slack: Channel, django_assert_num_queries: Any, count: int
) -> None:
    facts = [Fact(tier=Tier.BLOCK, key=f"k{n}", count=1, new=1, title=f"Fact {n}") for n in range(count)]
    with django_assert_num_queries(24):
        raise_alerts(facts, at=NOW)
    assert Alert.objects.unresolved().count() == count

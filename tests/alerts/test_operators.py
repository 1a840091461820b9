"""The public schema has alerts of its own: for the operators, about the installation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from accounts.models import User
from alerts.choices import AlertState, ChannelKind, Occasion, Tier
from alerts.models import Alert, AlertPolicy, Channel, Delivery, Notification
from alerts.queries.open import open_keys
from alerts.services.announcing import DELIVERY_TASK, OPERATORS_TASK
from alerts.services.links import acknowledge_link
from alerts.services.operators import alert_operators, calm_operators
from alerts.services.raising import Fact
from alerts.tasks import deliver_to_operators, look_at_every_clock
from tests.admin.pages import text_of

POOL = Fact(tier=Tier.BLOCK, key="resource:pool", count=1, title="The pool is used to 95 %")


@pytest.fixture
def operator(db: None) -> Iterator[User]:
    """One operator; general email goes to them, nobody being named."""
    with schema_context("public"):
        yield User.objects.create_superuser("olu", "olu@example.com", "x")


@pytest.fixture
def email(operator: User) -> Channel:
    """An email channel of the operators'."""
    with schema_context("public"):
        return Channel.objects.create(kind=ChannelKind.EMAIL, name="operators")


@pytest.fixture
def committed_operators(committed: None) -> Iterator[None]:
    """Alerts of theirs that other connections see; none stay."""
    yield
    with schema_context("public"):
        Alert.objects.all().delete()


def test_operators_have_the_three_policies_and_the_console_from_the_start(operator: User) -> None:
    assert list(AlertPolicy.objects.values_list("tier", flat=True)) == Tier.values
    assert AlertPolicy.objects.get(pk=Tier.BLOCK).channels == ["slack", "email", "pagerduty"]
    assert Channel.objects.filter(kind=ChannelKind.IN_APP, enabled=True).count() == 1


def test_what_a_tenants_work_raises_for_operators_is_told_to_them_alone(acme: Any, email: Channel) -> None:
    with schema_context("acme"):
        alert_operators([POOL], at=timezone.now())
        assert not Alert.objects.exists()
    deliver_to_operators()
    deliver_to_operators()
    assert list(Notification.objects.values_list("user__username", "title")) == [("olu", POOL.title)]
    assert [message.to for message in mail.outbox] == [["olu@example.com"]]


def test_operators_alerts_escalate_and_end_as_others_do(operator: User) -> None:
    Channel.objects.create(kind=ChannelKind.PAGERDUTY, name="duty")
    alert_operators([POOL], at=timezone.now() - timedelta(minutes=16))
    look_at_every_clock()
    assert Delivery.objects.filter(occasion=Occasion.ESCALATED, channel_name="pagerduty:duty").count() == 1
    assert open_keys("resource:") == {"resource:pool"}
    assert calm_operators(["resource:pool", "resource:disk"], at=timezone.now()) == 1
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_quiet_hours_of_operators_are_their_own_organisations(operator: User, email: Channel) -> None:
    night = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    AlertPolicy.objects.filter(pk=Tier.OVERRIDE).update(frequency="immediate", threshold=1)
    alert_operators([Fact(tier=Tier.OVERRIDE, key="resource:disk", count=1, title="Disk")], at=night)
    assert set(Delivery.objects.values_list("run_after", flat=True)) == {night + timedelta(hours=11)}


def test_the_link_of_an_operators_message_acknowledges_on_the_public_host(operator_browser: Client) -> None:
    with schema_context("public"):
        alert_operators([POOL], at=timezone.now())
        link = acknowledge_link(Delivery.objects.get())
        assert link.startswith("https://localhost/")
    path = link.partition("localhost")[2].partition("/")[2]
    assert POOL.title in text_of(operator_browser.get(f"/{path}"))
    operator_browser.post(f"/{path}")
    with schema_context("public"):
        assert Alert.objects.get().state == AlertState.ACKNOWLEDGED


def test_operators_read_their_alerts_on_the_public_host(operator_browser: Client) -> None:
    with schema_context("public"):
        (key,) = alert_operators([POOL], at=timezone.now())
    assert POOL.title in text_of(operator_browser.get("/admin/alerts/alert/"))
    assert "The channel is not set up pagerduty" in text_of(operator_browser.get(f"/admin/alerts/alert/{key}/change/"))


def test_a_message_to_operators_is_announced_by_the_task_that_may_run_for_them(
    operator: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), schema_context("acme"):
        alert_operators([POOL], at=timezone.now())
    announced = {}
    for schema in ("public", "acme"):
        with schema_context(schema):
            announced[schema] = [name for name in (OPERATORS_TASK, DELIVERY_TASK) if cache.get(f"announced:{name}")]
    assert announced == {"public": [OPERATORS_TASK], "acme": []}


def test_the_inbox_runner_sends_operators_messages_too(committed_operators: None) -> None:
    alert_operators([POOL], at=timezone.now())
    call_command("inbox", once=True, stdout=StringIO())
    with schema_context("public"):
        assert Delivery.objects.get().outcome == "delivered"

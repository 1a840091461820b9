"""Saying "I am at it": from a message's link, once, by a button and never by opening a page."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from alerts.choices import AlertState, ChannelKind, Tier
from alerts.models import Alert, Channel, Delivery
from alerts.services import links
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.raising import raise_alert, resolve_alert
from audit.models import AuditEntry
from core.errors import Conflict
from tenants.models import Tenant
from tests.clients import TenantClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(acme: Tenant) -> Delivery:
    """A message to one recipient about an open alert."""
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": ["kim@example.com"]})
    raise_alert(tier=Tier.BLOCK, key="k", new=1, title="R01 on acme/shop#1", at=timezone.now())
    return Delivery.objects.get(recipient="kim@example.com")


def page_of(delivery: Delivery) -> str:
    """The path of the link in the message."""
    return urlsplit(links.acknowledge_link(delivery)).path


def state() -> AlertState:
    """Of the one alert."""
    return AlertState(Alert.objects.get().state)


def test_opening_the_link_acknowledges_nothing_and_its_button_does(acme: Tenant, delivery: Delivery) -> None:
    anybody, page = TenantClient(acme), page_of(delivery)
    assert b"Acknowledge this alert?" in anybody.get(page).content
    assert state() == AlertState.OPEN
    assert b"By kim@example.com" in anybody.post(page).content
    alert = Alert.objects.get()
    assert (alert.state, alert.acknowledged_via, alert.next_step_at) == (AlertState.ACKNOWLEDGED, "link", None)
    assert AuditEntry.objects.get().action == "alert.acknowledged"


def test_the_button_needs_the_page_that_shows_it(acme: Tenant, delivery: Delivery) -> None:
    strict = TenantClient(acme, enforce_csrf_checks=True)
    assert strict.post(page_of(delivery)).status_code == 403
    assert state() == AlertState.OPEN


def test_a_link_of_one_tenant_means_nothing_at_another(globex: Tenant, delivery: Delivery) -> None:
    page = page_of(delivery)
    assert TenantClient(globex).post(page).status_code == 403
    assert state() == AlertState.OPEN


@pytest.mark.parametrize("change", [lambda path: path[:-2] + "/", lambda path: path.replace("~", "~A", 1)])
def test_a_changed_link_is_refused(acme: Tenant, delivery: Delivery, change: object) -> None:
    assert callable(change)
    assert TenantClient(acme).post(change(page_of(delivery))).status_code == 403
    assert state() == AlertState.OPEN


def test_an_old_link_is_refused(acme: Tenant, delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(delivery)
    monkeypatch.setattr(links, "VALID_FOR", timedelta(seconds=-1))
    assert TenantClient(acme).post(page).status_code == 403


def test_what_is_resolved_cannot_be_acknowledged(acme: Tenant, delivery: Delivery) -> None:
    resolve_alert("k", at=timezone.now())
    with pytest.raises(Conflict):
        acknowledge_alert(Alert.objects.get().pk, by=None, label="kim", via="api", at=timezone.now())
    assert b"Resolved" in TenantClient(acme).get(page_of(delivery)).content


def test_the_first_to_say_so_stays(acme: Tenant, delivery: Delivery) -> None:
    page = page_of(delivery)
    TenantClient(acme).post(page)
    acknowledge_alert(Alert.objects.get().pk, by=None, label="lee", via="api", at=timezone.now())
    assert Alert.objects.get().acknowledged_by == "kim@example.com"
    assert AuditEntry.objects.count() == 1


def test_an_unknown_host_has_no_such_page(acme: Tenant, delivery: Delivery) -> None:
    assert Client(headers={"host": "nobody.localhost"}).get(page_of(delivery)).status_code == 404

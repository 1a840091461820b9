"""Alerts and notifications over the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from alerts.choices import Tier
from alerts.models import Alert, Delivery, Notification
from alerts.services.notices import notify
from alerts.services.raising import raise_alert, resolve_alert
from audit.models import AuditEntry
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
ALERTS, NOTIFICATIONS = "/api/compliance/alerts", "/api/compliance/notifications"


@pytest.fixture
def api(acme: Tenant, compliance_admin: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A compliance admin's client."""
    return client_for(acme, user=compliance_admin)


@pytest.fixture
def raised() -> list[Alert]:
    """Three, of different rules, tiers and repositories; the last one is over."""
    rows = [("R01", Tier.BLOCK, "acme/shop"), ("R02", Tier.OVERRIDE, "acme/shop"), ("R03", Tier.WARNING, "acme/web")]
    alerts = [
        raise_alert(tier=tier, key=rule, title=rule, facts={"rule": rule, "repository": repository}, at=timezone.now())
        for rule, tier, repository in rows
    ]
    resolve_alert("R03", at=timezone.now())
    return alerts


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["R03", "R02", "R01"]),
        ("?state=open", ["R02", "R01"]),
        ("?state=resolved&state=open", ["R03", "R02", "R01"]),
        ("?tier=tier1_block", ["R01"]),
        ("?repository=acme/shop", ["R02", "R01"]),
        ("?repository=acme/shop&rule=R02", ["R02"]),
    ],
)
def test_alerts_are_filtered(api: APIClient, raised: list[Alert], query: str, titles: list[str]) -> None:
    assert [alert["title"] for alert in api.get(ALERTS + query).json()["results"]] == titles


@pytest.mark.parametrize("query", ["?state=gone", "?tiers=x", "?cursor=x"])
def test_what_no_filter_knows_is_refused(api: APIClient, query: str) -> None:
    assert api.get(ALERTS + query).status_code == 422


def test_pages_follow_one_another(api: APIClient, raised: list[Alert]) -> None:
    first = api.get(f"{ALERTS}?page_size=2").json()
    second = api.get(first["next"]).json()
    assert [row["title"] for row in first["results"] + second["results"]] == ["R03", "R02", "R01"]
    assert second["next"] is None


def test_an_answer_that_is_known_is_not_sent_again_until_it_changes(api: APIClient, raised: list[Alert]) -> None:
    for page in (ALERTS, f"{ALERTS}/{raised[0].pk}"):
        tag = api.get(page)["ETag"]
        assert api.get(page, HTTP_IF_NONE_MATCH=tag).status_code == 304
    api.post(f"{ALERTS}/{raised[0].pk}/acknowledge")
    assert api.get(page, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_an_alert_is_told_with_why_and_why_not(api: APIClient, raised: list[Alert]) -> None:
    answer = api.get(f"{ALERTS}/{raised[1].pk}").json()
    assert [event["reason"] for event in answer["history"]] == ["for_summary"]
    assert (answer["repository"], answer["rule"], answer["acknowledged_by"]) == ("acme/shop", "R02", None)


def test_acknowledging_names_who_did_it_once(api: APIClient, raised: list[Alert], compliance_admin: User) -> None:
    for _ in range(2):
        answer = api.post(f"{ALERTS}/{raised[0].pk}/acknowledge")
        assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, compliance_admin.username)
    assert list(AuditEntry.objects.filter(resource_type="alert").values_list("action", "actor")) == [
        ("alert.acknowledged", compliance_admin.username)
    ]


def test_what_is_over_or_unknown_is_not_acknowledged(api: APIClient, raised: list[Alert]) -> None:
    assert api.post(f"{ALERTS}/{raised[2].pk}/acknowledge").status_code == 409
    assert api.post(f"{ALERTS}/{uuid4()}/acknowledge").status_code == 404


def test_a_viewer_reads_and_does_not_acknowledge(
    acme: Tenant, viewer: User, raised: list[Alert], client_for: Callable[..., APIClient]
) -> None:
    api = client_for(acme, user=viewer)
    assert api.get(ALERTS).status_code == 200
    assert api.post(f"{ALERTS}/{raised[0].pk}/acknowledge").status_code == 403


@pytest.mark.parametrize("address", [ALERTS, NOTIFICATIONS])
def test_ci_tokens_have_no_business_here(ci: APIClient, address: str) -> None:
    assert ci.get(address).status_code == 403


@pytest.fixture
def notes(compliance_admin: User, viewer: User) -> list[Notification]:
    """Two of the compliance admin's, and one of somebody else's."""
    people: list[Any] = [compliance_admin, compliance_admin, viewer]
    rows = []
    for number, person in enumerate(people):
        notify([person], title=f"note {number}", at=timezone.now())
        delivery = Delivery.objects.order_by("-id").first()
        assert delivery is not None
        row = Notification(user=person, delivery=delivery, tier=Tier.BLOCK, title=f"note {number}", at=timezone.now())
        row.save()
        rows.append(row)
    return rows


def test_notifications_are_ones_own(api: APIClient, notes: list[Notification]) -> None:
    assert [note["title"] for note in api.get(NOTIFICATIONS).json()["results"]] == ["note 1", "note 0"]
    assert api.post(f"{NOTIFICATIONS}/{notes[2].pk}/read").status_code == 404
    assert Notification.objects.filter(read_at=None).count() == 3


def test_reading_one_leaves_the_other_unread(api: APIClient, notes: list[Notification]) -> None:
    first, again = (api.post(f"{NOTIFICATIONS}/{notes[0].pk}/read").json()["read_at"] for _ in range(2))
    assert first == again is not None
    unread = api.get(f"{NOTIFICATIONS}?unread=true").json()["results"]
    assert [note["title"] for note in unread] == ["note 1"]

"""Warnings before an override ends: to whom, when, once, and with what will turn red."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as configured
from django.core.cache import cache
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import User
from alerts.choices import ChannelKind
from alerts.models import Delivery
from compliance.models import Evaluation, Violation
from overrides.models import OverrideRequest
from overrides.services.asking import renew_override, request_override
from overrides.services.deciding import approve_override, revoke_override
from overrides.services.warning import note_warnings
from overrides.tasks import tick, tick_everywhere
from tenants.models import Tenant
from tests.overrides.conftest import BLOCK, REASON, live, verdict

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _with_addresses(viewer: User, compliance_admin: User, tenant_admin: User) -> None:
    for person in (viewer, compliance_admin, tenant_admin):
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")


@pytest.fixture
def override(
    judge: Callable[..., Evaluation], report: Callable[..., Any], viewer: User, compliance_admin: User, now: datetime
) -> OverrideRequest:
    """Approved a while ago for thirty days."""
    judge(report(deny=[BLOCK]))
    request = request_override(violations=live(), reason=REASON, by=viewer, at=now)
    return approve_override(override_id=request.pk, by=compliance_admin, at=now, expires_at=now + 30 * DAY)


def mails() -> Any:
    """Warnings by email; those in the console go beside them."""
    return Delivery.objects.filter(channel__kind=ChannelKind.EMAIL, message__title__startswith="Overrides end")


def warned(at: datetime) -> list[tuple[str, int]]:
    """Who is newly to be warned at this time, and so many days before."""
    known = set(mails().values_list("pk", flat=True))
    note_warnings(at=at)
    new = mails().exclude(pk__in=known).values_list("recipient", "message__title")
    return sorted((to.partition("@")[0], 1 if "tomorrow" in title else 7) for to, title in new)


def everybody(*people: User) -> list[str]:
    return sorted(person.username for person in people)


def test_requester_and_deciders_are_warned_seven_days_and_one_day_before_once_each(
    override: OverrideRequest, viewer: User, compliance_admin: User, tenant_admin: User, now: datetime
) -> None:
    people = everybody(viewer, compliance_admin, tenant_admin)
    end = now + 30 * DAY
    assert warned(end - 7 * DAY - timedelta(seconds=1)) == []
    assert warned(end - 7 * DAY) == [(name, 7) for name in people]
    assert warned(end - 6 * DAY) == []
    assert warned(end - DAY) == [(name, 1) for name in people]
    assert warned(end - DAY / 2) == []


def test_where_beat_was_away_one_warning_is_enough(override: OverrideRequest, now: datetime) -> None:
    assert {days for _, days in warned(now + 30 * DAY - DAY / 2)} == {1}


def test_who_approves_three_days_is_not_warned_at_once(override: OverrideRequest, now: datetime) -> None:
    OverrideRequest.objects.update(status="PENDING", decided_by=None, decided_by_label="", decided_at=None)
    admin = User.objects.get(username__startswith="compliance_admin")
    approve_override(override_id=override.pk, by=admin, at=now, expires_at=now + 3 * DAY)
    assert warned(now) == []
    assert {days for _, days in warned(now + 2 * DAY)} == {1}


def test_who_has_left_or_has_no_address_is_not_written_to(
    override: OverrideRequest, viewer: User, compliance_admin: User, tenant_admin: User, now: datetime
) -> None:
    User.objects.filter(pk=tenant_admin.pk).update(is_active=False)
    User.objects.filter(pk=viewer.pk).update(email="")
    assert warned(now + 24 * DAY) == [(compliance_admin.username, 7)]


def test_a_message_says_what_turns_red_and_where_to_renew(
    override: OverrideRequest, viewer: User, now: datetime
) -> None:
    note_warnings(at=now + 29 * DAY)
    told = mails().get(recipient=f"{viewer.username}@example.com").message
    assert told["title"] == "Overrides end tomorrow"
    assert f"acme/shop#1 turns BLOCKED at {override.expires_at:%Y-%m-%d %H:%M} UTC ({REASON}" in told["items"][0]
    assert told["link"].endswith(f"/admin/overrides/overriderequest/{override.pk}/change/")


def test_who_has_no_address_is_warned_in_the_console(override: OverrideRequest, viewer: User, now: datetime) -> None:
    User.objects.filter(pk=viewer.pk).update(email="")
    note_warnings(at=now + 24 * DAY)
    told = Delivery.objects.filter(recipient=viewer.username, message__title="Overrides end within 7 days")
    assert [delivery.channel_name for delivery in told] == ["in_app:console"]


def test_several_overrides_make_one_message_a_person(
    judge: Callable[..., Evaluation],
    report: Callable[..., Any],
    viewer: User,
    compliance_admin: User,
    tenant_admin: User,
    now: datetime,
) -> None:
    for number in (1, 2):
        judge(report(deny=[BLOCK], pr_number=number))
    for key in live():
        request = request_override(violations=[key], reason=REASON, by=viewer, at=now)
        approve_override(override_id=request.pk, by=compliance_admin, at=now)
    assert len(warned(now + 24 * DAY)) == 3
    for row in mails():
        pulls = [line.partition(" turns ")[0] for line in row.message["items"] if " turns " in line]
        assert pulls == ["acme/shop#1", "acme/shop#2"]
        assert row.message["link"].endswith("/admin/overrides/overriderequest/")


def test_what_was_revoked_is_not_warned_of(override: OverrideRequest, tenant_admin: User, now: datetime) -> None:
    revoke_override(override_id=override.pk, reason="It is fixed.", by=tenant_admin, at=now)
    assert warned(now + 24 * DAY) == []


def test_what_is_renewed_does_not_turn_red(
    override: OverrideRequest, viewer: User, compliance_admin: User, now: datetime
) -> None:
    again = renew_override(override_id=override.pk, by=viewer, at=now + 5 * DAY)
    approve_override(override_id=again.pk, by=compliance_admin, at=now + 5 * DAY)
    note_warnings(at=now + 24 * DAY)
    assert "acme/shop#1 stays as it is" in mails()[0].message["items"][0]


def test_the_tick_ends_what_is_over(override: OverrideRequest, now: datetime) -> None:
    OverrideRequest.objects.update(expires_at=now - timedelta(seconds=1))
    Violation.objects.update(override_until=now - timedelta(seconds=1))
    tick.apply(throw=True)
    assert (OverrideRequest.objects.get().status, verdict()) == ("EXPIRED", "BLOCKED")


def test_only_tenants_with_something_due_are_told(
    override: OverrideRequest, now: datetime, acme: Tenant, globex: Tenant
) -> None:
    OverrideRequest.objects.update(expires_at=now - timedelta(seconds=1))
    tick_everywhere.apply(throw=True, headers={"_schema_name": "public"})
    told = {}
    for tenant in (acme, globex):
        with tenant_context(tenant):
            told[tenant.schema_name] = cache.get(f"announced:{tick.name}")
    assert told == {"acme": 1, "globex": None}


def test_beat_starts_it_every_minute_in_the_urgent_queue() -> None:
    entry = configured.CELERY_BEAT_SCHEDULE["end-overrides"]
    assert entry["task"] == tick_everywhere.name
    assert (entry["schedule"]._orig_minute, entry["options"]["queue"]) == ("*", "urgent")
    assert tick_everywhere.fan_out is True
    assert tick.name in current_app.tasks

"""Warnings before an override ends: to whom, when, once, and with what will turn red."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as configured
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import User
from compliance.models import Evaluation, Violation
from overrides.models import ExpiryWarning, OverrideRequest
from overrides.services.asking import renew_override, request_override
from overrides.services.deciding import approve_override, revoke_override
from overrides.services.warning import note_warnings, send_warnings
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


def warned(at: datetime) -> list[tuple[str, int]]:
    """Who is newly to be warned at this time, and so many days before."""
    known = set(ExpiryWarning.objects.values_list("pk", flat=True))
    note_warnings(at=at)
    return sorted(ExpiryWarning.objects.exclude(pk__in=known).values_list("recipient_label", "days"))


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
    ExpiryWarning.objects.exclude(recipient_label=viewer.username).delete()
    ExpiryWarning.objects.update(run_after=now, received_at=now)
    assert [send_warnings(), send_warnings()] == [1, 0]
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("Overrides end tomorrow", [f"{viewer.username}@example.com"])
    assert f"acme/shop#1 turns BLOCKED at {override.expires_at:%Y-%m-%d %H:%M} UTC" in message.body
    assert f"/admin/overrides/overriderequest/{override.pk}/change/" in message.body
    assert message.extra_headers["Message-ID"] == f"<{ExpiryWarning.objects.get().pk}@acme.localhost>"


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
    assert {len(row.overrides) for row in ExpiryWarning.objects.all()} == {2}


def test_what_was_revoked_meanwhile_is_not_warned_of(
    override: OverrideRequest, tenant_admin: User, now: datetime
) -> None:
    note_warnings(at=now + 24 * DAY)
    ExpiryWarning.objects.update(run_after=now)
    revoke_override(override_id=override.pk, reason="It is fixed.", by=tenant_admin, at=now)
    assert (send_warnings(), mail.outbox) == (0, [])
    assert set(ExpiryWarning.objects.values_list("status", flat=True)) == {"done"}


def test_what_is_renewed_does_not_turn_red(
    override: OverrideRequest, viewer: User, compliance_admin: User, now: datetime
) -> None:
    again = renew_override(override_id=override.pk, by=viewer, at=now + 5 * DAY)
    approve_override(override_id=again.pk, by=compliance_admin, at=now + 5 * DAY)
    note_warnings(at=now + 24 * DAY)
    ExpiryWarning.objects.update(run_after=now)
    send_warnings()
    assert "acme/shop#1 stays as it is" in mail.outbox[0].body


def hang_up(server: socket.socket) -> None:
    for _ in range(3):
        caller, _ = server.accept()
        caller.close()


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A mail server that takes the connection and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=[server], daemon=True).start()
        yield server.getsockname()[1]


def test_a_mail_server_that_fails_loses_nothing(
    override: OverrideRequest, settings: Any, silent_server: int, now: datetime
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", silent_server
    note_warnings(at=now + 24 * DAY)
    ExpiryWarning.objects.update(run_after=now)
    assert send_warnings() == 0
    waiting = ExpiryWarning.objects.values_list("status", "attempts")
    assert list(waiting) == [("queued", 1)] * 3


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

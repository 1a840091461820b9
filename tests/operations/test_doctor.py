"""The doctor: each thing that can be wrong is told, with its mend, and nothing stops the other checks."""

import json
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import schema_context

from alerts.models import Channel
from audit.chain import _keys
from audit.services import record_entry
from compliance.models import Submission
from operations.doctor import configuration, database, outside, queue, tenants
from operations.doctor.findings import Check, Level, Told, examine, fail, ok, warn
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
CLOSED = "127.0.0.1:1"


def levels(told: Iterable[Told]) -> list[str]:
    return [one.level.value for one in told]


def wrong(told: Iterable[Told]) -> Told:
    """The one thing that is wrong; it has a mend."""
    (found,) = [one for one in told if one.level == Level.FAIL]
    assert found.mend
    return found


def test_neither_an_error_nor_a_check_that_hangs_stops_the_others() -> None:
    released = Event()

    def broken() -> list[Told]:
        raise RuntimeError("no such thing")

    def hangs() -> list[Told]:
        released.wait()
        return []

    checks = [Check("broken", broken), Check("hangs", hangs), Check("fine", lambda: [ok("well")])]
    found = examine(checks, seconds=0.5)
    released.set()
    assert [(one.check, one.level) for one in found] == [("broken", "fail"), ("hangs", "fail"), ("fine", "ok")]
    assert [one.message for one in found] == ["RuntimeError: no such thing", "No answer within 0.5 s.", "well"]


def test_secrets_are_masked_wherever_they_stand(settings: Any) -> None:
    settings.SECRET_KEY = "a key that nobody may read"
    settings.EMAIL_HOST_PASSWORD = "mail-password"
    said = f"{settings.SECRET_KEY} at postgresql://forge:hunter2@db/forge refused mail-password"
    (found,) = examine([Check("x", lambda: [fail(said, "mend")])], seconds=5)
    assert found.message == "••• at postgresql://forge:•••@db/forge refused •••"


def test_an_installation_without_workers_is_told_so_and_the_rest_is_well() -> None:
    said = StringIO()
    with pytest.raises(CommandError, match="wrong") as ended:
        call_command("doctor", "--json", stdout=said)
    assert ended.value.returncode == 1
    told = json.loads(said.getvalue())
    # What other tests have left in the platform's own log is not this test's to judge.
    failed = {one["check"] for one in told["findings"] if one["level"] == "fail"} - {"audit"}
    assert (told["status"], failed) == ("fail", {"workers", "beat"})
    assert all(one["mend"] for one in told["findings"] if one["level"] != "ok")
    well = {one["check"] for one in told["findings"]} - failed
    assert {"postgresql", "isolation", "roles", "connections", "clock", "migrations", "tenants' roles", "redis"} <= well
    password = re.search(r":([^:@]+)@", os.environ["DATABASE_URL"])
    assert password
    assert password[1] not in said.getvalue()


def test_warnings_alone_are_no_failure(settings: Any) -> None:
    settings.EMAIL_BACKEND, said = "django.core.mail.backends.dummy.EmailBackend", StringIO()
    call_command("doctor", "--only", "mail", stdout=said)
    assert said.getvalue().splitlines() == [
        "warn  mail  No mail server is set: nobody gets email.",
        "            → Set EMAIL_URL=smtp+tls://user:password@host:587.",
        "0 ok, 1 warn, 0 fail",
    ]


def test_a_tenant_that_is_behind_or_failed_or_waits_is_named(acme: Tenant, globex: Tenant) -> None:
    with schema_context("public"):
        Tenant.objects.filter(pk=acme.pk).update(schema_versions=["of-yesterday"])
        Tenant.objects.filter(pk=globex.pk).update(rollout="failed", rollout_failure="the disk is full")
        Tenant.objects.create(schema_name="initech", name="Initech")
    told = list(tenants.check_migrations())
    assert levels(told) == ["fail", "warn", "warn"]
    assert [one.message.split()[0].strip(":") for one in told] == ["acme", "globex", "initech"]


def test_a_tenant_without_a_role_is_named(acme: Tenant) -> None:
    assert levels(tenants.check_tenant_roles()) == ["ok"]
    with schema_context("public"):
        Tenant.objects.create(schema_name="lost", name="Lost", state=Tenant.State.ACTIVE)
    assert wrong(tenants.check_tenant_roles()).message.startswith("The role of lost is missing")


def test_a_kind_without_a_role_of_its_own_or_with_a_wrong_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEAT_DATABASE_URL")
    monkeypatch.setenv("INGEST_DATABASE_URL", f"postgresql://nobody:wrong@{CLOSED}/forge")
    assert levels(database.check_roles()) == ["fail", "ok", "ok", "warn"]


def test_secrets_that_our_keys_do_not_read_are_named_and_not_shown(acme: Tenant, settings: Any) -> None:
    Channel.objects.create(kind="webhook", name="ops", secrets='{"secret": "s3cret"}')
    assert tenants_say(tenants.check_secrets()) == ["ok: 1 secrets were read"]
    settings.FIELD_ENCRYPTION_KEYS = ["another key of thirty-two characters"]
    found = wrong(tenants.check_secrets())
    assert found.message.startswith("acme: cannot be decrypted: channel")
    assert "FIELD_ENCRYPTION_KEYS" in found.mend


def tenants_say(told: Iterable[Told]) -> list[str]:
    return [f"{one.level}: {one.message}" for one in told]


def test_an_audit_log_that_no_key_fits_is_named(acme: Tenant, settings: Any) -> None:
    record_entry(action="thing.done", resource=acme, by=None, at=timezone.now())
    settings.AUDIT_KEYS = ["a key that came later"]
    _keys.cache_clear()
    try:
        assert any(one.message.startswith("acme: no key fits") for one in tenants.check_seals())
    finally:
        _keys.cache_clear()


def test_redis_that_is_away_is_told(settings: Any) -> None:
    settings.REDIS_URL = f"redis://{CLOSED}/0"
    assert "manage.py inbox" in wrong(queue.check_redis()).mend


@pytest.mark.parametrize(("minutes", "level"), [(1, "ok"), (6, "warn"), (11, "fail")])
def test_beat_is_known_by_what_it_started_last(minutes: int, level: str) -> None:
    with schema_context("public"):
        every = IntervalSchedule.objects.create(every=1, period="minutes")
        last = timezone.now() - timedelta(minutes=minutes)
        PeriodicTask.objects.create(name="clock", task="clock", interval=every, last_run_at=last)
    assert levels(queue.check_beat()) == [level]


def test_reports_that_wait_for_long_are_told(
    submit: Callable[..., Submission], report: Callable[..., dict[str, Any]]
) -> None:
    waiting = submit(report())
    long_ago = datetime.now(UTC) - timedelta(minutes=6)
    Submission.objects.filter(pk=waiting.pk).update(received_at=long_ago, run_after=long_ago)
    assert wrong(queue.check_inboxes()).message.startswith("acme: 1 reports wait, the oldest 360 s")


def test_storage_that_cannot_be_written_is_told(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    assert levels(configuration.check_storage()) == ["ok"]
    assert list((tmp_path / "files").rglob("*.*")) == []
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = str(tmp_path / "file" / "files")
    assert levels(configuration.check_storage()) == ["fail"]


def test_static_files_that_were_not_collected_are_told(settings: Any, tmp_path: Path) -> None:
    settings.WHITENOISE_USE_FINDERS, settings.STATIC_ROOT = False, str(tmp_path)
    assert "collectstatic" in wrong(configuration.check_static_files()).mend


def test_a_mail_server_that_does_not_answer_is_told(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "EMAIL_URL" in wrong(outside.check_mail()).mend


def test_a_channel_whose_server_cannot_be_reached_is_told(acme: Tenant) -> None:
    Channel.objects.create(kind="webhook", name="ops", settings={"url": f"https://{CLOSED}/hook"})
    assert wrong(outside.check_channels()).message.startswith("acme: webhook:ops: 127.0.0.1: ")


def test_in_production_addresses_must_be_right(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SITE_SCHEME, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = "http", False, 0
    assert levels(configuration.check_addresses()) == ["fail", "fail", "warn", "warn", "ok"]
    assert levels(configuration.check_keys())[:1] == ["fail"]


def test_each_level_has_its_word() -> None:
    assert [one.level for one in (ok(""), warn("", ""), fail("", ""))] == ["ok", "warn", "fail"]

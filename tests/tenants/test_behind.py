"""A tenant whose schema is not what this release expects: nobody works in it, and it says when to come back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from compliance.models import Submission
from compliance.tasks import process_inbox
from tenants import routing
from tenants.current import connection
from tenants.models import Tenant
from tenants.versions import needed_migrations, tenant_version, version_of
from tests.admin.pages import text_of


def leave_behind(tenant: Tenant) -> Tenant:
    """As after the code of a new release has come and before its migration has."""
    with schema_context("public"):
        Tenant.objects.filter(pk=tenant.pk).update(schema_versions=["of-yesterday"])
    routing.forget_hosts()
    return tenant


@pytest.fixture
def behind(acme: Tenant) -> Iterator[Tenant]:
    """acme, left behind."""
    yield leave_behind(acme)
    routing.forget_hosts()


def test_requests_are_told_when_to_come_back(behind: Tenant) -> None:
    answer = Client(HTTP_HOST="acme.localhost").get("/api/compliance/rules")
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "30", "tenant_migrating")
    assert answer["Content-Type"] == "application/problem+json"


def test_people_are_told_on_a_page(behind: Tenant) -> None:
    answer = Client(HTTP_HOST="acme.localhost", HTTP_ACCEPT="text/html").get("/admin/")
    assert "being brought up to date" in text_of(answer)


def test_the_others_and_the_platform_are_served(behind: Tenant, globex: Tenant) -> None:
    assert [Client(HTTP_HOST=host).get("/admin/login/").status_code for host in ("globex.localhost", "localhost")] == [
        200,
        200,
    ]


def test_it_is_served_at_once_when_it_is_migrated(behind: Tenant) -> None:
    browser = Client(HTTP_HOST="acme.localhost")
    assert browser.get("/admin/login/").status_code == 503
    with schema_context("public"):
        # By another process, which empties no cache of ours.
        Tenant.objects.filter(pk=behind.pk).update(schema_versions=["of-yesterday", tenant_version()])
    assert browser.get("/admin/login/").status_code == 200


def test_a_release_later_the_one_before_still_serves(acme: Tenant) -> None:
    with schema_context("public"):
        Tenant.objects.filter(pk=acme.pk).update(schema_versions=[tenant_version(), "of-tomorrow"])
        assert acme in Tenant.objects.active()


def test_beat_and_the_inbox_runner_pass_it_by(behind: Tenant) -> None:
    with schema_context("public"):
        assert [tenant.schema_name for tenant in Tenant.objects.active()] == ["globex"]


def test_a_worker_leaves_its_reports_for_later(
    behind: Tenant, submit: Callable[..., Submission], report: Callable[..., dict[str, Any]]
) -> None:
    waiting = submit(report())
    behind.schema_versions = ["of-yesterday"]
    connection.set_tenant(behind)
    process_inbox.apply(throw=True)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("queued", 0)
    with schema_context("public"):
        Tenant.objects.filter(pk=behind.pk).update(schema_versions=[tenant_version()])
    process_inbox.apply(throw=True)
    waiting.refresh_from_db()
    assert waiting.status == "done"


def test_the_operators_see_it_on_both_pages(acme: Tenant, globex: Tenant, operator_browser: Client) -> None:
    leave_behind(acme)
    with schema_context("public"):
        Tenant.objects.filter(pk=globex.pk).update(rollout="failed", rollout_failure="the disk is full")
        assert {"Waits", "Failed"} <= set(text_of(operator_browser.get("/admin/tenants/tenant/")).split())
        overview = text_of(operator_browser.get("/admin/"))
    assert "the disk is full" in overview
    assert "manage.py migrate_tenants --resume" in overview


def test_the_public_schema_and_the_tenants_need_different_migrations() -> None:
    assert version_of("public") != tenant_version() == version_of("acme")
    apart = {app for app, _ in needed_migrations("public") ^ needed_migrations("acme")}
    assert {"tenants", "django_celery_beat", "compliance", "overrides"} <= apart

"""What is recorded: every deed that changes who may do what, or how the tenant judges."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from accounts.models import CIToken, User
from audit.models import AuditEntry
from compliance.models import Evaluation, Repository, Rule, Submission, TenantSettings
from compliance.services.submissions import requeue
from compliance.services.terms import edit_rule, edit_settings
from core.claims import Claimable
from tenants.models import Tenant
from tests import factories
from tests.admin.pages import filled_in, list_of, page_of
from tests.conftest import PASSWORD

Judge = Callable[[dict[str, Any]], Evaluation]
pytestmark = pytest.mark.django_db
SIDES = ("action", "actor", "resource_type", "resource_id", "before", "after")


def recorded(*actions: str) -> list[tuple[Any, ...]]:
    """The entries of these actions, oldest first."""
    return list(AuditEntry.objects.filter(action__in=actions).order_by("sequence").values_list(*SIDES))


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser."""
    return browser_for(tenant_admin)


def test_rules_and_settings(compliance_admin: User) -> None:
    at, me = timezone.now(), compliance_admin
    edit_rule(rule_id="R01", changes={"tier": "WARNING", "enforcement": "enforce"}, by=me, at=at)
    edit_rule(rule_id="R01", changes={"tier": "WARNING"}, by=me, at=at)
    edit_settings(changes={"threshold": 80}, by=me, at=at)
    assert recorded("rule.edited", "settings.edited") == [
        ("rule.edited", me.username, "rule", "R01", {"tier": "BLOCK"}, {"tier": "WARNING"}),
        ("settings.edited", me.username, "tenantsettings", "1", {"threshold": 70}, {"threshold": 80}),
    ]


def test_repositories(browser: Client, judge: Judge, tenant_admin: User) -> None:
    judge(factories.report())
    shop = Repository.objects.get()
    form = filled_in(browser.get(page_of(shop))) | {"default_branch": "trunk"}
    assert browser.post(page_of(shop), form).status_code == 302
    before, after = {"default_branch": shop.default_branch}, {"default_branch": "trunk"}
    assert recorded("repository.edited") == [
        ("repository.edited", tenant_admin.username, "repository", str(shop.pk), before, after)
    ]


def test_tokens_without_their_secrets(browser: Client, tenant_admin: User) -> None:
    wanted = {"name": "shop ci", "repositories": "acme/*", "expires_at_0": "", "expires_at_1": ""}
    secret = browser.post(reverse("admin:accounts_citoken_add"), wanted).context["secret"]
    token = CIToken.objects.get()
    for _ in range(2):
        browser.post(reverse("admin:accounts_citoken_revoke", args=[token.pk]))
    me, after = tenant_admin.username, {"repositories": ["acme/*"], "expires_at": None}
    assert recorded("ci_token.issued", "ci_token.revoked") == [
        ("ci_token.issued", me, "citoken", str(token.pk), None, after),
        ("ci_token.revoked", me, "citoken", str(token.pk), None, None),
    ]
    assert not any(secret in str(entry) for entry in AuditEntry.objects.values())


def test_people(browser: Client, tenant_admin: User) -> None:
    new = {"username": "robin", "role": "compliance_viewer", "usable_password": "true"}
    new |= {"password1": "battery staple 7", "password2": "battery staple 7"}
    browser.post(reverse("admin:accounts_user_add"), new)
    robin = User.objects.get(username="robin")
    form = filled_in(browser.get(page_of(robin))) | {"role": "tenant_admin", "first_name": "Robin"}
    del form["is_active"]
    browser.post(page_of(robin), {name: value for name, value in form.items() if value != ""})
    new = {"usable_password": "true", "password1": "battery staple 9", "password2": "battery staple 9"}
    browser.post(reverse("admin:auth_user_password_change", args=[robin.pk]), new)
    entries = AuditEntry.objects.filter(resource_type="user", resource_id=str(robin.pk)).order_by("sequence")
    assert list(entries.values_list("action", "before", "after")) == [
        (
            "user.created",
            None,
            {
                "email": "",
                "first_name": "",
                "is_active": True,
                "last_name": "",
                "role": "compliance_viewer",
                "username": "robin",
            },
        ),
        ("user.role_changed", {"role": "compliance_viewer"}, {"role": "tenant_admin"}),
        ("user.deactivated", {"is_active": True}, {"is_active": False}),
        ("user.edited", {"first_name": ""}, {"first_name": "Robin"}),
        ("user.password_changed", None, None),
    ]
    assert set(entries.values_list("actor", flat=True)) == {tenant_admin.username}


def test_ones_own_password(browser_for: Callable[..., Client], viewer: User) -> None:
    new = {"old_password": PASSWORD, "new_password1": "battery staple 9", "new_password2": "battery staple 9"}
    browser = browser_for(viewer)
    assert browser.post(reverse("admin:password_change"), new).status_code == 302
    assert browser.get(reverse("admin:index")).status_code == 200
    assert recorded("user.password_changed") == [
        ("user.password_changed", viewer.username, "user", str(viewer.pk), None, None)
    ]


def test_signing_in_and_not_failing_to(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> None:
    browser = client_for(acme)
    for password in ("wrong", PASSWORD):
        browser.post("/api/auth/token", {"username": viewer.username, "password": password})
        form = {"username": viewer.username, "password": password}
        browser.post(reverse("admin:login"), form, format="multipart")
    who = (viewer.username, "user", str(viewer.pk), None)
    assert recorded("user.signed_in") == [
        ("user.signed_in", *who, {"for": "token"}),
        ("user.signed_in", *who, {"for": "session"}),
    ]


def test_queueing_again(compliance_admin: User, submit: Callable[..., Submission]) -> None:
    body = factories.report()
    for by in (compliance_admin, None):
        submission = submit(body)
        Submission.objects.update(status=Claimable.Status.FAILED)
        submission.refresh_from_db()
        if by:
            requeue(submission, by=by, at=timezone.now())
        else:
            assert submit(body).status == Claimable.Status.QUEUED
    entries = AuditEntry.objects.filter(action="submission.requeued").order_by("sequence")
    assert list(entries.values_list("actor", "note")) == [
        (compliance_admin.username, ""),
        ("system", "Sent again by test."),
    ]


def test_tenants_in_the_platforms_own_log(operator_browser: Client, acme: Tenant, globex: Tenant) -> None:
    add = reverse("admin:tenants_tenant_add", urlconf="config.urls_public")
    listing = reverse("admin:tenants_tenant_changelist", urlconf="config.urls_public")
    operator_browser.post(add, {"name": "Initech", "schema_name": "initech", "domain": "initech.localhost"})
    for action in ("suspend", "resume"):
        operator_browser.post(listing, {"action": action, "_selected_action": [globex.pk]})
    with tenant_context(Tenant(schema_name="public")):
        found = recorded("tenant.requested", "tenant.suspended", "tenant.resumed")
    asked, suspended, resumed = found[-3:]
    assert asked[:3] == ("tenant.requested", "operator", "tenant")
    assert asked[-1] == {"domain": "initech.localhost", "name": "Initech", "schema_name": "initech"}
    assert suspended == ("tenant.suspended", "operator", "tenant", str(globex.pk), None, None)
    assert resumed[0] == "tenant.resumed"
    assert not recorded("tenant.requested", "tenant.suspended", "tenant.resumed")


def test_what_the_operators_schedule(operator_browser: Client) -> None:
    add = reverse("admin:django_celery_beat_intervalschedule_add", urlconf="config.urls_public")
    assert operator_browser.post(add, {"every": "5", "period": "minutes"}).status_code == 302
    with tenant_context(Tenant(schema_name="public")):
        ((action, actor, _, key, _, after),) = recorded("intervalschedule.added")
        assert (action, actor, after) == ("intervalschedule.added", "operator", {"every": 5, "period": "minutes"})
        listing = reverse("admin:django_celery_beat_intervalschedule_changelist", urlconf="config.urls_public")
        chosen = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
    operator_browser.post(listing, chosen)
    with tenant_context(Tenant(schema_name="public")):
        assert [entry[3] for entry in recorded("intervalschedule.deleted")] == [key]


def test_djangos_own_history_stays_empty(browser: Client) -> None:
    form = filled_in(browser.get(page_of(Rule.objects.get(pk="R01")))) | {"tier": "WARNING"}
    browser.post(page_of(Rule.objects.get(pk="R01")), form)
    settings = TenantSettings.current()
    form = filled_in(browser.get(page_of(settings))) | {"threshold": "80", "_confirmed": "1"}
    browser.post(page_of(settings), form)
    assert len(recorded("rule.edited", "settings.edited")) == 2
    assert not LogEntry.objects.exists()
    assert "Recent actions" not in browser.get(reverse("admin:index")).content.decode()
    assert browser.get(list_of("compliance_rule")).status_code == 200

"""Who may open and post to which page: every role, every page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from compliance.models import Check, Evaluation, PullRequest, Repository, Rule, Submission, TenantSettings, Violation
from core.admin_sites import public_site
from tenants.models import Tenant
from tests import factories
from tests.admin.pages import list_of, page_of

COMPLIANCE_LISTS = [
    f"compliance_{model}" for model in ("violation", "pullrequest", "rule", "repository", "submission", "evaluation")
]
ALERTS = {
    f"alerts.{model}"
    for model in (
        "Alert",
        "AlertPolicy",
        "AlertSettings",
        "Channel",
        "Delivery",
        "Holiday",
        "Notification",
        "Route",
        "Silence",
    )
}
PEOPLE_LISTS = ["accounts_user", "accounts_citoken"]
EVERYBODY = [Role.VIEWER, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN]
ALL_ROLES = [*EVERYBODY, Role.CI_REPORTER]

BrowserFor = Callable[..., Client]
Judge = Callable[[dict[str, Any]], Evaluation]


@pytest.fixture
def sign_in(browser_for: BrowserFor) -> Callable[[Role], Client]:
    """A browser of somebody with this role."""
    return lambda role: browser_for(factories.user(role, password="correct horse"))


@pytest.fixture
def judged(judge: Judge) -> Evaluation:
    """A report that found something."""
    return judge(factories.report(deny=["HARD STOP [Security/R01]: a query without its tenant in apps/a.ts"]))


def pages_of(evaluation: Evaluation) -> list[str]:
    """One record's page of every model that a judged report leaves behind."""
    pull = evaluation.pull_request
    found = [
        evaluation,
        pull,
        pull.repository,
        Violation.objects.get(),
        Submission.objects.get(),
        Rule.objects.get(pk="R01"),
    ]
    return [page_of(record) for record in found]


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("model", COMPLIANCE_LISTS)
def test_everybody_reads_the_lists_of_compliance(
    role: Role, model: str, judged: Evaluation, sign_in: Callable[[Role], Client]
) -> None:
    assert sign_in(role).get(list_of(model)).status_code == 200


@pytest.mark.parametrize("role", EVERYBODY)
def test_everybody_reads_the_pages_of_compliance(
    role: Role, judged: Evaluation, sign_in: Callable[[Role], Client]
) -> None:
    browser = sign_in(role)
    assert [browser.get(page).status_code for page in pages_of(judged)] == [200] * 6


@pytest.mark.parametrize(
    ("role", "status"), [*((role, 403) for role in ALL_ROLES if role != Role.TENANT_ADMIN), (Role.TENANT_ADMIN, 200)]
)
@pytest.mark.parametrize("model", PEOPLE_LISTS)
def test_people_and_tokens_are_the_tenant_admins(
    role: Role, status: int, model: str, sign_in: Callable[[Role], Client]
) -> None:
    browser = sign_in(role)
    pages = [list_of(model), reverse(f"admin:{model}_add")]
    assert [browser.get(page).status_code for page in pages] == [status, status]


@pytest.mark.parametrize(
    "model", ["compliance_violation", "compliance_rule", "compliance_repository", "compliance_evaluation"]
)
def test_a_ci_reporter_who_signs_in_reads_no_violations(model: str, sign_in: Callable[[Role], Client]) -> None:
    browser = sign_in(Role.CI_REPORTER)
    assert browser.get(list_of(model)).status_code == 403
    assert browser.get(reverse("admin:compliance_violation_export")).status_code == 403
    assert browser.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("model", [*COMPLIANCE_LISTS, *PEOPLE_LISTS, "compliance_tenantsettings"])
def test_strangers_are_asked_to_sign_in(model: str, acme: Tenant) -> None:
    response = Client(HTTP_HOST="acme.localhost").get(list_of(model))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_a_viewer_changes_nothing(judged: Evaluation, sign_in: Callable[[Role], Client]) -> None:
    browser = sign_in(Role.VIEWER)
    settings_page = reverse("admin:compliance_tenantsettings_change", args=[TenantSettings.PK])
    # From the list of violations a viewer may ask for overrides, and nothing else.
    lists = [list_of(model) for model in COMPLIANCE_LISTS if model != "compliance_violation"]
    posted = [*pages_of(judged), settings_page, *lists]
    assert [browser.post(page, {"enforcement": "off", "threshold": 0}).status_code for page in posted] == [403] * 12
    assert Rule.objects.get(pk="R01").enforcement == "enforce"


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("model", [PullRequest, Violation, Evaluation, Submission])
def test_what_services_write_is_read_only_for_everybody(
    role: Role, model: Any, judged: Evaluation, sign_in: Callable[[Role], Client]
) -> None:
    browser, record = sign_in(role), model.objects.get()
    name = f"compliance_{model._meta.model_name}"
    assert browser.post(page_of(record), {}).status_code == 403
    assert browser.get(reverse(f"admin:{name}_add")).status_code == 403
    assert browser.post(reverse(f"admin:{name}_delete", args=[record.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [Rule, Repository, TenantSettings])
def test_nobody_adds_or_deletes_the_terms(
    model: Any, judged: Evaluation, browser_for: BrowserFor, tenant_admin: User
) -> None:
    browser, name = browser_for(tenant_admin), f"compliance_{model._meta.model_name}"
    assert browser.get(reverse(f"admin:{name}_add")).status_code == 403
    assert browser.post(reverse(f"admin:{name}_delete", args=["1"]), {"post": "yes"}).status_code in (302, 403)
    assert Rule.objects.filter(pk="R01").exists()
    assert Repository.objects.exists()


def test_the_tenants_site_shows_no_model_of_the_public_schema() -> None:
    shown = {model._meta.label for model in admin.site._registry}
    assert shown == {
        *(f"compliance.{model.__name__}" for model in (Evaluation, PullRequest, Repository, Rule, Submission)),
        "compliance.CodeHost",
        "compliance.StatusUpdate",
        "compliance.TenantSettings",
        "overrides.OverrideRequest",
        "compliance.Violation",
        "accounts.User",
        "accounts.CIToken",
        "accounts.Issuer",
        "auth.Group",
        "audit.AuditEntry",
        "accounts.Organisation",
        "dashboard.Export",
        "dashboard.SavedView",
        "operations.ArchiveFile",
        "operations.RetentionRun",
        "operations.Sample",
        *ALERTS,
    }
    assert Check not in admin.site._registry


def test_the_public_site_shows_no_model_of_a_tenants_schema() -> None:
    beat = {f"django_celery_beat.{name}" for name in ("PeriodicTask", "IntervalSchedule", "CrontabSchedule")}
    shown = {model._meta.label for model in public_site._registry}
    platform = {
        "tenants.Tenant",
        "operations.TenantReading",
        "accounts.User",
        "accounts.Organisation",
        "audit.AuditEntry",
    }
    assert shown == {*platform, *ALERTS, *beat}


@pytest.mark.parametrize("name", ["compliance_tenantsettings", "alerts_alertsettings", "accounts_organisation"])
def test_a_page_without_a_list_is_led_to_only_who_may_see_it(sign_in: Callable[[Role], Client], name: str) -> None:
    viewer = sign_in(Role.VIEWER)
    assert viewer.get(list_of(name)).status_code == 302
    assert viewer.post(list_of(name), {"action": "delete_selected"}).status_code == 403
    assert sign_in(Role.CI_REPORTER).get(list_of(name)).status_code == 403


def test_no_address_says_which_rows_of_a_content_type_there_are(
    browser_for: BrowserFor, viewer: User, acme: Tenant
) -> None:
    kind = ContentType.objects.get_for_model(Tenant, for_concrete_model=False)
    for key in (kind.pk, ContentType.objects.get(app_label="accounts", model="user").pk):
        assert browser_for(viewer).get(f"/admin/r/{key}/{viewer.pk}/").status_code == 404


def test_the_sign_in_page_names_the_tenant(acme: Tenant) -> None:
    page = Client(HTTP_HOST="acme.localhost").get(reverse("admin:login")).content.decode()
    assert f"{acme.name} · Forge Console" in page


def test_signing_in_leads_to_the_overview(viewer: User) -> None:
    browser = Client(HTTP_HOST="acme.localhost")
    response = browser.post(reverse("admin:login"), {"username": viewer.username, "password": "correct horse"})
    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


def test_every_link_of_the_menu_leads_somewhere(
    judged: Evaluation, browser_for: BrowserFor, tenant_admin: User
) -> None:
    browser = browser_for(tenant_admin)
    menu = browser.get(reverse("admin:index")).context["sidebar_navigation"]
    links = [str(item["link"]) for group in menu for item in group["items"]]
    assert {browser.get(link, follow=True).status_code for link in links} == {200}
    assert len(links) == 31

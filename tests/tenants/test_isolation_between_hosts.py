"""Two tenants whose ids coincide: what one tenant's credentials get at the other's host name, everywhere."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from accounts.jwt import TenantAccessToken, TenantRefreshToken
from accounts.models import User
from accounts.roles import Role
from compliance.models import Violation
from overrides.services.asking import request_override
from tenants.current import connection
from tenants.models import Tenant
from tests import factories
from tests.clients import TenantAPIClient, TenantClient

ONE = UUID("01900000-0000-7000-8000-000000000001")
API = {"api": "compliance.api.urls", "alerts-api": "alerts.api.urls", "overrides": "overrides.api.urls"}
"""Namespaces and modules of what is included under ``api/compliance/``."""
PUBLIC_PAGES = {"docs", "schema"}
"""Pages that hold no tenant's data and need no sign-in."""


class Twin:
    """One of two tenants whose rows have the same keys and tell themselves apart by a secret word."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.secret = f"{tenant.schema_name}-secret"
        with tenant_context(tenant):
            body = factories.report(repository=f"acme/{self.secret}", deny=[f"HARD STOP [Security/R01]: {self.secret}"])
            factories.judge(body)
            self.ci_token = factories.ci_token()
            asking = factories.user(Role.TENANT_ADMIN, password=self.secret)
            keys = list(Violation.objects.values_list("pk", flat=True))
            reason = f"This is why, and it is a {self.secret}."
            request_override(violations=keys, reason=reason, by=asking, at=timezone.now())
            with connection.cursor() as cursor:
                for statement in SAME_KEYS:
                    cursor.execute(statement, {"one": ONE})
            self.user = User.objects.get(pk=1)
            self.jwt = str(TenantAccessToken.for_user(self.user))
            self.refresh = str(TenantRefreshToken.for_user(self.user))


# Foreign keys are checked at commit, so that keys may be moved one table after the other.
SAME_KEYS = [
    "UPDATE compliance_repository SET id = 1",
    "UPDATE compliance_submission SET id = %(one)s",
    "UPDATE compliance_pullrequest SET id = %(one)s, repository_id = 1",
    "UPDATE compliance_evaluation SET id = %(one)s, pull_request_id = %(one)s, submission_id = %(one)s",
    "UPDATE compliance_check SET evaluation_id = %(one)s",
    "UPDATE compliance_rulestate SET pull_request_id = %(one)s",
    "UPDATE compliance_violation SET id = %(one)s, pull_request_id = %(one)s, repository_id = 1",
    "UPDATE compliance_transition SET id = %(one)s, violation_id = %(one)s, evaluation_id = %(one)s",
    "UPDATE overrides_overriderequest SET id = %(one)s, pull_request_id = %(one)s, requested_by_id = 1",
    "UPDATE overrides_overriddenviolation SET request_id = %(one)s, violation_id = %(one)s",
    "UPDATE alerts_alert SET id = %(one)s",
    "UPDATE alerts_alertevent SET alert_id = %(one)s",
    "UPDATE alerts_delivery SET alert_id = %(one)s WHERE alert_id IS NOT NULL",
    "UPDATE accounts_citoken SET id = 1",
    "UPDATE accounts_user SET id = 1, username = 'twin'",
    "UPDATE accounts_user_groups SET user_id = 1",
]


@pytest.fixture
def twins(acme: Tenant, globex: Tenant) -> tuple[Twin, Twin]:
    """acme and globex, filled alike."""
    twins = Twin(acme), Twin(globex)
    connection.set_tenant(acme)
    return twins


def endpoints() -> Iterator[tuple[str, str]]:
    """Name and path of every API endpoint, as the URL configuration has them."""
    arguments: dict[str, list[Any]] = {
        "report": [ONE],
        "violation": [ONE],
        "rule": ["R01"],
        "pull": [1],
    }
    decisions = ("override", "approve", "reject", "revoke", "withdraw", "renew")
    arguments |= {name: [ONE] for name in decisions}
    arguments |= {name: [ONE] for name in ("alert", "alert-acknowledge", "notification-read")}
    for namespace, module in API.items():
        for pattern in get_resolver(module).url_patterns:
            assert isinstance(pattern, URLPattern)
            name = str(pattern.name)
            yield name, reverse(f"{namespace}:{name}", args=arguments.get(name, []))


def admin_pages() -> Iterator[str]:
    """Every list, add and change page of the tenant's admin."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if row is not None:
            yield reverse(f"{name}_change", args=[row])


def ways_in(thief: Twin, victim: Twin) -> dict[str, APIClient]:
    """The other tenant's host, called with each kind of this tenant's credentials."""
    ways: dict[str, APIClient] = {}
    for kind, header in (("token", f"Token {thief.ci_token}"), ("jwt", f"Bearer {thief.jwt}")):
        client = TenantAPIClient(victim.tenant)
        client.credentials(HTTP_AUTHORIZATION=header)
        ways[kind] = client
    ways["session"] = TenantAPIClient(victim.tenant)
    ways["session"].cookies = stolen_session(thief, victim).cookies
    return ways


def stolen_session(thief: Twin, victim: Twin) -> Client:
    """A browser at the victim's host with the thief's session, the session's row copied over as well."""
    own = TenantClient(thief.tenant)
    own.force_login(thief.user)
    with tenant_context(thief.tenant):
        row = Session.objects.get()
    with tenant_context(victim.tenant):
        Session.objects.all().delete()
        Session.objects.create(session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date)
    browser = TenantClient(victim.tenant)
    browser.cookies = own.cookies
    return browser


def test_every_endpoint_refuses_the_other_tenants_credentials(twins: tuple[Twin, Twin]) -> None:
    thief, victim = twins
    seen = set()
    for kind, client in ways_in(thief, victim).items():
        for name, path in endpoints():
            for method in ("get", "post", "patch"):
                response = getattr(client, method)(path)
                refused = response.status_code in (401, 403) or (name in PUBLIC_PAGES and method == "get")
                assert refused or response.status_code == 405, (kind, method, path, response.status_code)
                assert victim.secret.encode() not in response.content
                seen.add(name)
    assert len(seen) == sum(len(get_resolver(module).url_patterns) for module in API.values())


def test_every_admin_page_asks_the_other_tenants_session_to_sign_in(twins: tuple[Twin, Twin]) -> None:
    thief, victim = twins
    browser = stolen_session(thief, victim)
    pages = list(admin_pages())
    assert len(pages) > 20
    for page in pages:
        response = browser.get(page)
        assert (response.status_code, "/admin/login/" in response["Location"]) == (302, True), page


def test_own_pages_hold_nothing_of_the_other_tenant(twins: tuple[Twin, Twin]) -> None:
    ours, theirs = twins
    browser = TenantClient(ours.tenant)
    browser.force_login(ours.user)
    api = TenantAPIClient(ours.tenant)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {ours.jwt}")
    shown = b""
    for page in [*admin_pages(), *(path for _, path in endpoints())]:
        response = (api if "/api/" in page else browser).get(page)
        assert theirs.secret.encode() not in response.content, page
        shown += response.content
    assert ours.secret.encode() in shown


def test_a_refresh_token_is_worth_nothing_at_the_other_tenant(twins: tuple[Twin, Twin]) -> None:
    thief, victim = twins
    url = "/api/auth/token/refresh"
    assert TenantAPIClient(thief.tenant).post(url, {"refresh": thief.refresh}).status_code == 200
    assert TenantAPIClient(victim.tenant).post(url, {"refresh": thief.refresh}).status_code == 401


def test_a_password_is_worth_nothing_at_the_other_tenant(twins: tuple[Twin, Twin]) -> None:
    thief, victim = twins
    answers = [
        TenantAPIClient(tenant).post("/api/auth/token", {"username": "twin", "password": thief.secret}).status_code
        for tenant in (thief.tenant, victim.tenant)
    ]
    assert answers == [200, 401]


@pytest.mark.parametrize("path", ["/", "/admin/", "/api/compliance/rules", "/api/auth/token", "/nowhere"])
def test_an_unknown_host_is_404_and_touches_no_schema(
    acme: Tenant, path: str, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(2):  # the switch to public, and one look at the domains
        response = Client(headers={"host": "nobody.localhost"}).get(path)
    assert (response.status_code, response.json()["code"]) == (404, "unknown_host")


def test_the_public_host_has_no_api_and_no_tenant_models(acme: Tenant) -> None:
    browser = Client(headers={"host": "localhost"})
    assert browser.get("/api/compliance/rules").status_code == 404
    assert browser.get("/admin/compliance/violation/").status_code in (302, 404)


@pytest.mark.parametrize("state", [Tenant.State.SUSPENDED, Tenant.State.DELETING])
def test_a_suspended_tenant_is_closed(acme: Tenant, state: str) -> None:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(pk=acme.pk)
    tenant.state = state
    tenant.save()
    response = Client(headers={"host": "acme.localhost"}).get("/api/compliance/rules")
    assert (response.status_code, response.json()["code"]) == (403, "tenant_suspended")
    tenant.state = Tenant.State.ACTIVE
    tenant.save()


def test_probes_answer_on_any_host(acme: Tenant) -> None:
    for path in ("/healthz", "/readyz"):
        assert Client(headers={"host": "nobody.localhost"}).get(path).json() == {"status": "ok"}


def test_every_url_is_walked() -> None:
    """A new include in the tenant's URL configuration must be walked by the tests above."""
    entries = get_resolver("config.urls").url_patterns
    included = {str(entry.pattern) for entry in entries if isinstance(entry, URLResolver)}
    # Signed links and webhooks have tests of their own: tests/alerts, tests/codehost.
    assert included == {"admin/", "alerts/", "api/auth/", "api/compliance/", "api/webhooks/"}

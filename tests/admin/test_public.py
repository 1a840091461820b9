"""The operators' admin on the public host."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from compliance.models import Rule
from tenants.current import connection
from tenants.models import Domain, Tenant
from tests.admin.pages import filled_in, text_of

TENANTS = "/admin/tenants/tenant/"
NEW = {"name": "Initech", "schema_name": "initech", "domain": "Initech.localhost"}


@pytest.fixture
def public(operator_browser: Client) -> Iterator[Client]:
    """The operator's browser, and the test itself in the public schema."""
    tenant = connection.tenant
    connection.set_schema_to_public()
    yield operator_browser
    connection.set_tenant(tenant)


def domain_forms(tenant: Tenant, *extra: dict[str, str]) -> dict[str, str]:
    """What a browser sends of a tenant's host names."""
    stored = [
        {"id": str(domain.pk), "domain": domain.domain, **({"is_primary": "on"} if domain.is_primary else {})}
        for domain in tenant.domains.all()
    ]
    rows = [*stored, *extra]
    fields = {"domains-TOTAL_FORMS": str(len(rows)), "domains-INITIAL_FORMS": str(len(stored))}
    for number, row in enumerate(rows):
        fields |= {f"domains-{number}-{name}": value for name, value in row.items()}
        fields[f"domains-{number}-tenant"] = str(tenant.pk)
    return fields


def test_an_operator_asks_for_a_tenant(public: Client) -> None:
    assert public.post(f"{TENANTS}add/", NEW).status_code == 302
    tenant = Tenant.objects.get(schema_name="initech")
    assert (tenant.state, [str(domain) for domain in tenant.domains.all()]) == ("requested", ["initech.localhost"])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"schema_name": "acme"}, "already exists"),
        ({"schema_name": "public"}, "reserved"),
        ({"schema_name": 'x"; DROP'}, "lower-case letters"),
        ({"domain": "acme.localhost"}, "A tenant answers to this host name already."),
        ({"domain": "https://initech.localhost/"}, "Use a host name"),
        ({"domain": "initech.localhost:8000"}, "Use a host name"),
    ],
)
def test_a_request_that_cannot_be_built_is_refused(public: Client, fields: dict[str, str], refusal: str) -> None:
    assert refusal in text_of(public.post(f"{TENANTS}add/", NEW | fields))
    assert not Tenant.objects.filter(name="Initech").exists()


def test_state_and_failure_are_shown(public: Client) -> None:
    Tenant.objects.create(schema_name="broken", name="Broken", failure="relation <x> is missing")
    for place in (TENANTS, "/admin/"):
        text = text_of(public.get(place))
        assert "Broken" in text
        assert "relation <x> is missing" in text


def test_a_tenant_is_suspended_and_resumed(public: Client, acme: Tenant) -> None:
    connection.set_schema_to_public()
    for action, state, status in (("suspend", "suspended", 403), ("resume", "active", 302)):
        public.post(TENANTS, {"action": action, "_selected_action": [acme.pk]})
        assert Tenant.objects.get(pk=acme.pk).state == state
        assert Client(HTTP_HOST="acme.localhost").get("/admin/").status_code == status


def test_what_is_not_active_cannot_be_suspended(public: Client) -> None:
    waiting = Tenant.objects.create(schema_name="waiting", name="Waiting")
    response = public.post(TENANTS, {"action": "suspend", "_selected_action": [waiting.pk]}, follow=True)
    assert "Waiting is not active." in text_of(response)


def test_a_tenant_is_renamed_and_gets_a_host_name(public: Client, acme: Tenant) -> None:
    connection.set_schema_to_public()
    form = {"name": "ACME Ltd", "schema_name": "evil", **domain_forms(acme, {"domain": "ACME.example.com"})}
    assert public.post(f"{TENANTS}{acme.pk}/change/", form).status_code == 302
    stored = Tenant.objects.get(pk=acme.pk)
    assert (stored.name, stored.schema_name) == ("ACME Ltd", "acme")
    assert sorted(map(str, stored.domains.all())) == ["acme.example.com", "acme.localhost"]


def test_a_tenant_keeps_a_primary_host_name(public: Client, acme: Tenant) -> None:
    connection.set_schema_to_public()
    form = {"name": "Acme", **domain_forms(acme), "domains-0-DELETE": "on"}
    assert "Exactly one host name is the primary one." in text_of(public.post(f"{TENANTS}{acme.pk}/change/", form))
    assert Domain.objects.filter(tenant=acme).count() == 1


def test_tenants_are_not_deleted(public: Client, acme: Tenant) -> None:
    connection.set_schema_to_public()
    assert public.post(f"{TENANTS}{acme.pk}/delete/", {"post": "yes"}).status_code == 403
    assert public.post(TENANTS, {"action": "delete_selected", "_selected_action": [acme.pk]}).status_code != 500
    assert Tenant.objects.filter(pk=acme.pk).exists()


def test_the_public_and_the_template_schema_are_no_tenants(public: Client) -> None:
    shown = {tenant.schema_name for tenant in public.get(TENANTS).context["cl"].result_list}
    assert shown == {"acme", "globex"}


def test_an_operator_makes_another_operator(public: Client) -> None:
    new = {
        "username": "second",
        "usable_password": "true",
        "password1": "battery staple 7",
        "password2": "battery staple 7",
    }
    assert public.post("/admin/accounts/user/add/", new).status_code == 302
    second = User.objects.get(username="second")
    assert (second.is_staff, second.is_superuser) == (True, True)


def test_an_operator_does_not_lock_themselves_out(public: Client) -> None:
    me = User.objects.get(username="operator")
    page = f"/admin/accounts/user/{me.pk}/change/"
    form = filled_in(public.get(page))
    del form["is_active"]
    assert "Ask somebody else to deactivate you." in text_of(public.post(page, form))


@pytest.mark.parametrize(
    "page",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/django_celery_beat/periodictask/",
        "/admin/django_celery_beat/periodictask/add/",
        "/admin/django_celery_beat/intervalschedule/add/",
        "/admin/django_celery_beat/crontabschedule/add/",
        f"{TENANTS}add/",
    ],
)
def test_the_operators_pages_open(public: Client, page: str) -> None:
    assert public.get(page).status_code == 200


def test_the_schedule_is_edited(public: Client) -> None:
    public.post("/admin/django_celery_beat/intervalschedule/add/", {"every": "5", "period": "minutes"})
    page = public.get("/admin/django_celery_beat/periodictask/add/")
    form: dict[str, Any] = filled_in(page) | {"name": "every five", "task": "some.task", "interval": "1"}
    interval = page.context["adminform"].form.fields["interval"].queryset.get()
    assert (
        public.post("/admin/django_celery_beat/periodictask/add/", form | {"interval": interval.pk}).status_code == 302
    )


def test_tenants_pages_are_not_on_the_public_host(public: Client, acme: Tenant) -> None:
    connection.set_schema_to_public()
    for place in (
        "/admin/compliance/violation/",
        "/admin/accounts/citoken/",
        f"/admin/compliance/{Rule._meta.model_name}/",
    ):
        assert public.get(place).status_code == 404


def test_public_pages_are_not_on_a_tenants_host(browser_for: Any, tenant_admin: User) -> None:
    assert browser_for(tenant_admin).get(TENANTS).status_code == 404

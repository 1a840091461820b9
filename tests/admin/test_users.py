"""People in the tenant's admin: roles, and no way up."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from accounts.people import role_of
from accounts.roles import Role
from tenants.models import Tenant
from tests import factories
from tests.admin.pages import filled_in, list_of, page_of, text_of
from tests.conftest import PASSWORD

ADD = reverse("admin:accounts_user_add")
NEW = {
    "username": "robin",
    "role": "compliance_viewer",
    "usable_password": "true",
    "password1": "battery staple 7",
    "password2": "battery staple 7",
}


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser."""
    return browser_for(tenant_admin)


@pytest.fixture
def anonymous(client_for: Callable[..., APIClient], acme: Tenant) -> APIClient:
    """A program that has not signed in."""
    return client_for(acme)


def save(browser: Client, user: User, **changes: Any) -> Any:
    """Open a person's form, change some fields, and press Save."""
    form = filled_in(browser.get(page_of(user))) | changes
    return browser.post(page_of(user), {name: value for name, value in form.items() if value != ""})


def test_a_new_person_gets_a_role_and_may_open_the_console(browser: Client) -> None:
    assert browser.post(ADD, NEW).status_code == 302
    robin = User.objects.get(username="robin")
    assert [group.name for group in robin.groups.all()] == ["compliance_viewer"]
    assert (robin.is_staff, robin.is_superuser) == (True, False)
    assert robin.check_password("battery staple 7")


def test_the_role_picker_offers_exactly_the_roles(browser: Client) -> None:
    choices = browser.get(ADD).context["adminform"].form.fields["role"].choices
    assert [value for value, _ in choices if value] == [role.value for role in Role]


def test_a_role_replaces_the_one_before(browser: Client, viewer: User) -> None:
    assert save(browser, viewer, role="compliance_admin").status_code == 302
    assert [group.name for group in viewer.groups.all()] == ["compliance_admin"]


def test_nobody_is_made_a_superuser_or_given_permissions(browser: Client, viewer: User) -> None:
    save(browser, viewer, is_superuser="on", user_permissions=["1"], groups=["3"])
    browser.post(ADD, NEW | {"is_superuser": "on"})
    assert not User.objects.filter(is_superuser=True).exists()
    assert not viewer.user_permissions.exists()
    assert [group.name for group in viewer.groups.all()] == ["compliance_viewer"]


def test_the_form_says_nothing_of_superusers(browser: Client, viewer: User) -> None:
    assert "superuser" not in browser.get(page_of(viewer)).content.decode().lower()


def test_a_superuser_is_out_of_a_tenant_admins_reach(browser: Client, acme: Any) -> None:
    above = User.objects.create_superuser("above", password="correct horse")
    password_page = reverse("admin:auth_user_password_change", args=[above.pk])
    assert browser.post(page_of(above), {"username": "below", "role": "ci_reporter"}).status_code == 403
    assert browser.post(password_page, {"password1": "x", "password2": "x"}).status_code == 403


def test_a_deactivated_person_is_signed_out(browser: Client, browser_for: Callable[..., Client], viewer: User) -> None:
    theirs = browser_for(viewer)
    form = filled_in(browser.get(page_of(viewer)))
    del form["is_active"]
    assert browser.post(page_of(viewer), form).status_code == 302
    assert theirs.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("change", [{"role": "compliance_viewer"}, {"is_active": ""}])
def test_nobody_locks_themselves_out(browser: Client, tenant_admin: User, change: dict[str, str]) -> None:
    assert "Ask somebody else" in text_of(save(browser, tenant_admin, **change))
    tenant_admin.refresh_from_db()
    assert tenant_admin.is_active
    assert [group.name for group in tenant_admin.groups.all()] == ["tenant_admin"]


def test_a_tenant_admin_sets_a_password(browser: Client, viewer: User) -> None:
    page = reverse("admin:auth_user_password_change", args=[viewer.pk])
    assert browser.get(page).status_code == 200
    new = {"usable_password": "true", "password1": "battery staple 9", "password2": "battery staple 9"}
    assert browser.post(page, new).status_code == 302
    viewer.refresh_from_db()
    assert viewer.check_password("battery staple 9")


def test_everybody_changes_their_own_password(browser_for: Callable[..., Client], viewer: User) -> None:
    new = {"old_password": "correct horse", "new_password1": "battery staple 9", "new_password2": "battery staple 9"}
    assert browser_for(viewer).post(reverse("admin:password_change"), new).status_code == 302
    viewer.refresh_from_db()
    assert viewer.check_password("battery staple 9")


def test_people_are_not_deleted(browser: Client, viewer: User) -> None:
    assert browser.post(reverse("admin:accounts_user_delete", args=[viewer.pk]), {"post": "yes"}).status_code == 403
    browser.post(
        list_of("accounts_user"), {"action": "delete_selected", "_selected_action": [viewer.pk], "post": "yes"}
    )
    assert User.objects.filter(pk=viewer.pk).exists()


def test_people_are_filtered_by_role(browser: Client, viewer: User, compliance_admin: User) -> None:
    rows = browser.get(list_of("accounts_user"), {"role": "compliance_admin"}).context["cl"].result_list
    assert list(rows) == [compliance_admin]


def test_another_role_ends_sessions_and_tokens(
    browser: Client, browser_for: Callable[..., Client], viewer: User, anonymous: APIClient
) -> None:
    theirs = browser_for(viewer)
    signed_in = anonymous.post("/api/auth/token", {"username": viewer.username, "password": PASSWORD}).json()
    assert theirs.get(reverse("admin:index")).status_code == 200
    save(browser, viewer, role="compliance_admin")
    assert theirs.get(reverse("admin:index")).status_code == 302
    old = anonymous.get("/api/compliance/rules", HTTP_AUTHORIZATION=f"Bearer {signed_in['access']}")
    refreshed = anonymous.post("/api/auth/token/refresh", {"refresh": signed_in["refresh"]})
    assert [(answer.status_code, answer.json()["code"]) for answer in (old, refreshed)] == [(401, "sessions_ended")] * 2


def test_another_name_ends_nothing(browser: Client, browser_for: Callable[..., Client], viewer: User) -> None:
    theirs = browser_for(viewer)
    save(browser, viewer, first_name="Kim")
    assert theirs.get(reverse("admin:index")).status_code == 200


def test_people_are_signed_out_everywhere(
    browser: Client, browser_for: Callable[..., Client], viewer: User, compliance_admin: User
) -> None:
    theirs, others = browser_for(viewer), browser_for(compliance_admin)
    browser.post(list_of("accounts_user"), {"action": "sign_out", "_selected_action": [viewer.pk]})
    assert [each.get(reverse("admin:index")).status_code for each in (theirs, others)] == [302, 200]


@pytest.mark.parametrize("change", [{"role": "compliance_viewer"}, {"is_active": ""}])
def test_the_last_tenant_admin_stays(browser_for: Callable[..., Client], acme: Any, change: dict[str, str]) -> None:
    above = browser_for(User.objects.create_superuser("above", password=PASSWORD))
    last = factories.user(Role.TENANT_ADMIN, password=PASSWORD)
    gone = factories.user(Role.TENANT_ADMIN, password=PASSWORD)
    assert save(above, gone, is_active="").status_code == 302
    assert "The last tenant admin stays" in text_of(save(above, last, **change))
    last.refresh_from_db()
    assert (last.is_active, role_of(last)) == (True, Role.TENANT_ADMIN)


def test_roles_are_shown_with_what_they_may(browser: Client, viewer: User) -> None:
    rows = browser.get(list_of("auth_group")).context["cl"].result_list
    assert [(group.name, group.active) for group in rows] == [
        ("compliance_viewer", 1),
        ("compliance_admin", 0),
        ("tenant_admin", 1),
        ("ci_reporter", 0),
    ]
    admins = Group.objects.get(name="tenant_admin")
    assert "Can view audit entry (view_auditentry)" in text_of(browser.get(page_of(admins)))
    assert browser.post(page_of(admins), {"name": "x"}).status_code == 403
    assert browser.get(reverse("admin:auth_group_add")).status_code == 403

"""People in the tenant's admin: roles, and no way up."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from tests.admin.pages import filled_in, list_of, page_of, text_of

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
    assert browser.post(list_of("accounts_user"), {"action": "delete_selected"}).status_code == 403


def test_people_are_filtered_by_role(browser: Client, viewer: User, compliance_admin: User) -> None:
    rows = browser.get(list_of("accounts_user"), {"role": "compliance_admin"}).context["cl"].result_list
    assert list(rows) == [compliance_admin]

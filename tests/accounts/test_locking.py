"""Guessing passwords."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.models import Delivery
from audit.models import AuditEntry
from tenants.models import Tenant
from tests.clients import TenantAPIClient, TenantClient
from tests.conftest import PASSWORD

WRONG = "wrong"
TOKEN, LOGIN = "/api/auth/token", "/admin/login/"


@pytest.fixture
def guess(acme: Tenant) -> Callable[..., Any]:
    """Ask for a token: ``guess("kim", "password", address="192.0.2.1")``."""

    def ask(username: str, password: str = WRONG, *, address: str = "192.0.2.1", tenant: Tenant = acme) -> Any:
        return TenantAPIClient(tenant, REMOTE_ADDR=address).post(TOKEN, {"username": username, "password": password})

    return ask


def test_the_sixth_attempt_is_not_looked_at_even_with_the_right_password(
    viewer: User, guess: Callable[..., Any]
) -> None:
    assert [guess(viewer.username).status_code for _ in range(5)] == [401, 401, 401, 401, 429]
    answer = guess(viewer.username, PASSWORD)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "locked_out", "900")
    assert guess(viewer.username, PASSWORD, address="192.0.2.2").status_code == 200


def test_a_name_that_nobody_has_is_answered_alike(viewer: User, guess: Callable[..., Any]) -> None:
    def told(name: str) -> list[Any]:
        return [(answer.status_code, answer.json()) for answer in (guess(name) for _ in range(6))]

    assert told(viewer.username) == told("nobody")


def test_another_tenants_person_of_the_same_name_gets_in(
    viewer: User, guess: Callable[..., Any], globex: Tenant
) -> None:
    for _ in range(6):
        guess(viewer.username)
    assert guess(viewer.username, tenant=globex).status_code == 401


def test_the_lock_is_told_and_audited_once(viewer: User, tenant_admin: User, guess: Callable[..., Any]) -> None:
    for _ in range(8):
        guess(viewer.username)
    entry = AuditEntry.objects.get(action="user.locked_out")
    assert (entry.resource, entry.after, entry.actor) == (viewer.username, {"from": "192.0.2.1"}, "system")
    told = Delivery.objects.filter(occasion="notice", channel__kind="in_app")
    assert sorted(told.values_list("recipient", flat=True)) == sorted([viewer.username, tenant_admin.username])


def test_the_page_for_signing_in_locks_with_the_api(viewer: User, guess: Callable[..., Any], acme: Tenant) -> None:
    browser: Client = TenantClient(acme, REMOTE_ADDR="192.0.2.1", HTTP_ACCEPT="text/html")
    for _ in range(3):
        guess(viewer.username)
    given = {"username": viewer.username, "password": WRONG}
    assert [browser.post(LOGIN, given).status_code for _ in range(2)] == [200, 429]
    page = browser.post(LOGIN, {**given, "password": PASSWORD})
    assert (page.status_code, "Wait 15 minutes" in page.content.decode()) == (429, True)


def test_a_right_password_forgives_the_wrong_ones(viewer: User, guess: Callable[..., Any]) -> None:
    for _ in range(3):
        assert [guess(viewer.username, password).status_code for password in ("a", "b", PASSWORD)] == [401, 401, 200]


def test_one_address_at_many_names_is_turned_back(
    viewer: User, guess: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.backends.LIMITS", {"address": 3, "name": 100})
    for name in ("a", "b", "c"):
        guess(name)
    assert guess(viewer.username, PASSWORD).status_code == 401
    assert guess(viewer.username, PASSWORD, address="192.0.2.2").status_code == 200

"""``/api/auth/token`` and ``/api/auth/token/refresh``."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from tenants.models import Tenant
from tests import factories
from tests.api.reading import RULES
from tests.conftest import PASSWORD

TOKEN, REFRESH = "/api/auth/token", "/api/auth/token/refresh"


@pytest.fixture
def anyone(acme: Tenant, client_for: Callable[..., APIClient]) -> APIClient:
    """A caller of acme who has not said who it is."""
    return client_for(acme)


def sign_in(client: APIClient, user: User, password: str = PASSWORD) -> Any:
    return client.post(TOKEN, {"username": user.username, "password": password})


def told(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def test_a_password_gives_tokens_that_open_the_api(anyone: APIClient, viewer: User) -> None:
    tokens = sign_in(anyone, viewer).json()
    assert set(tokens) == {"access", "refresh"}
    assert anyone.get(RULES, HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").status_code == 200


def test_a_refresh_token_gives_access(anyone: APIClient, viewer: User) -> None:
    refresh = sign_in(anyone, viewer).json()["refresh"]
    access = anyone.post(REFRESH, {"refresh": refresh}).json()["access"]
    assert anyone.get(RULES, HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


def test_a_wrong_password_is_401(anyone: APIClient, viewer: User) -> None:
    response = sign_in(anyone, viewer, "wrong")
    assert told(response) == (401, "no_active_account")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_an_inactive_person_is_answered_like_a_wrong_password(anyone: APIClient, viewer: User) -> None:
    tokens = sign_in(anyone, viewer).json()
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert told(sign_in(anyone, viewer)) == (401, "no_active_account")
    assert told(anyone.post(REFRESH, {"refresh": tokens["refresh"]})) == (401, "no_active_account")
    assert told(anyone.get(RULES, HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")) == (401, "user_inactive")


def test_a_person_who_is_gone_is_refused(anyone: APIClient, viewer: User) -> None:
    refresh = sign_in(anyone, viewer).json()["refresh"]
    viewer.delete()
    assert told(anyone.post(REFRESH, {"refresh": refresh})) == (401, "token_not_valid")


def test_a_new_password_ends_the_tokens_of_the_old_one(anyone: APIClient, viewer: User) -> None:
    tokens = sign_in(anyone, viewer).json()
    viewer.set_password("another horse")
    viewer.save()
    assert told(anyone.post(REFRESH, {"refresh": tokens["refresh"]})) == (401, "password_changed")
    assert told(anyone.get(RULES, HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")) == (401, "password_changed")
    assert sign_in(anyone, viewer, "another horse").status_code == 200


def test_tokens_are_worth_nothing_at_another_tenant(
    acme: Tenant, globex: Tenant, client_for: Callable[..., APIClient]
) -> None:
    with tenant_context(acme):
        person = factories.user(Role.VIEWER, password=PASSWORD)
        tokens = sign_in(client_for(acme), person).json()
    with tenant_context(globex):
        # The same key there: what a token without its tenant would be taken for.
        User.objects.create_superuser("somebody", password=PASSWORD, id=person.pk)
    elsewhere = client_for(globex)
    assert told(elsewhere.post(REFRESH, {"refresh": tokens["refresh"]})) == (401, "token_not_valid")
    assert told(elsewhere.get(RULES, HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")) == (401, "token_not_valid")


def test_a_token_is_good_for_its_own_use_only(anyone: APIClient, viewer: User) -> None:
    tokens = sign_in(anyone, viewer).json()
    assert told(anyone.post(REFRESH, {"refresh": tokens["access"]})) == (401, "token_not_valid")
    assert told(anyone.get(RULES, HTTP_AUTHORIZATION=f"Bearer {tokens['refresh']}")) == (401, "token_not_valid")


@pytest.mark.parametrize("body", ["{", "NaN", '{"username": "\\ud800"}', "[" * 5000 + "]" * 5000])
@pytest.mark.parametrize("address", [TOKEN, REFRESH])
def test_what_is_not_json_is_400(anyone: APIClient, address: str, body: str) -> None:
    response = anyone.generic("POST", address, body, content_type="application/json")
    assert told(response) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["username", "password"]),
        ({"username": "a\x00b", "password": "x"}, ["username"]),
        ({"username": ["a"], "password": {}}, ["username", "password"]),
        ([], ["body"]),
    ],
)
def test_wrong_fields_are_named(anyone: APIClient, body: object, fields: list[str]) -> None:
    response = anyone.post(TOKEN, body)
    assert told(response) == (422, "invalid")
    assert list(response.json()["errors"]) == fields


def test_attempts_are_throttled(anyone: APIClient) -> None:
    rate = settings.THROTTLE_RATES["anonymous"]
    # At another name each: one that is guessed at is locked long before.
    answers = [sign_in(anyone, User(username=f"nobody-{number}"), "wrong") for number in range(rate + 1)]
    assert {answer.status_code for answer in answers[:rate]} == {401}
    assert told(answers[rate]) == (429, "throttled")
    assert 1 <= int(answers[rate]["Retry-After"]) <= 60

"""Ending JSON web tokens of ours before their time."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import EndedToken, User
from tenants.models import Tenant
from tests.clients import TenantAPIClient
from tests.conftest import PASSWORD

RULES = "/api/compliance/rules"
OUT = "/api/auth/sign-out"
REFRESH = "/api/auth/token/refresh"
Bearer = Callable[..., Any]


@pytest.fixture
def tokens(acme: Tenant, viewer: User) -> dict[str, str]:
    """What the viewer's script has."""
    given = {"username": viewer.username, "password": PASSWORD}
    answer: dict[str, str] = TenantAPIClient(acme).post("/api/auth/token", given).json()
    return answer


def test_the_token_that_signs_out_is_worth_nothing_from_then_on(tokens: dict[str, str], bearer: Bearer) -> None:
    client = bearer(tokens["access"])
    assert client.get(RULES).status_code == 200
    assert client.post(OUT, {}).status_code == 204
    assert client.get(RULES).status_code == 401


def test_the_refresh_token_in_the_body_ends_with_it(tokens: dict[str, str], acme: Tenant, bearer: Bearer) -> None:
    nobody = TenantAPIClient(acme)
    fresh = nobody.post(REFRESH, {"refresh": tokens["refresh"]}).json()["access"]
    assert bearer(tokens["access"]).post(OUT, {"refresh": tokens["refresh"]}).status_code == 204
    assert nobody.post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert bearer(fresh).get(RULES).status_code == 200


def test_what_is_no_token_of_this_tenant_ends_nothing(
    tokens: dict[str, str], bearer: Bearer, ci: Any, browser_for: Callable[..., Any], viewer: User
) -> None:
    answer = bearer(tokens["access"]).post(OUT, {"refresh": "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["refresh"])
    assert ci.post(OUT, {}).json()["code"] == "nothing_to_end"
    assert not EndedToken.objects.exists()

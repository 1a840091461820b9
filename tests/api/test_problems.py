"""Every no is a problem document with a stable code."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from psycopg.errors import LockNotAvailable
from rest_framework.test import APIClient

from accounts.models import User
from tenants.models import Tenant
from tests.api.reading import PULLS, RULES, VIOLATIONS

REPORTS = "/api/compliance/reports"
REPORT = f"{REPORTS}/0192f0c1-0000-7000-8000-000000000000"
READ = [VIOLATIONS, RULES, PULLS, "/api/compliance/rule/R01", f"{PULLS}/1", f"{PULLS}/default", REPORT]


def told(response: Any) -> tuple[int, str]:
    document = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert document["status"] == response.status_code
    return response.status_code, document["code"]


@pytest.fixture
def anyone(acme: Tenant, client_for: Callable[..., APIClient]) -> APIClient:
    """A caller of acme who has not said who it is."""
    return client_for(acme)


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


@pytest.mark.parametrize("address", READ)
def test_nobody_is_401_and_told_how_to_sign_in(anyone: APIClient, address: str) -> None:
    response = anyone.get(address)
    assert told(response) == (401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Token")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Token wrong", "invalid_token"),
        ("Token", "invalid_token"),
        ("Bearer wrong", "invalid_token"),
        ("Bearer a b", "invalid_token"),
        ("Basic YTpi", "not_authenticated"),
    ],
)
def test_a_wrong_header_is_401(anyone: APIClient, header: str, code: str) -> None:
    assert told(anyone.get(RULES, HTTP_AUTHORIZATION=header)) == (401, code)


@pytest.mark.parametrize("address", [VIOLATIONS, RULES, "/api/compliance/rule/R01"])
def test_ci_may_not_read_what_people_read(ci: APIClient, address: str) -> None:
    assert told(ci.get(address)) == (403, "permission_denied")


@pytest.mark.parametrize("address", READ)
def test_another_method_is_405_and_told_which(reader: APIClient, address: str) -> None:
    response = reader.delete(address)
    assert told(response) == (405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_options_describe_to_who_may_call(reader: APIClient, ci: APIClient) -> None:
    assert [reader.options(RULES).status_code, ci.options(REPORTS).status_code] == [200, 200]
    assert told(ci.options(RULES)) == (403, "permission_denied")


def test_another_representation_is_406(reader: APIClient) -> None:
    assert told(reader.get(RULES, HTTP_ACCEPT="application/xml")) == (406, "not_acceptable")


def test_another_content_type_is_415(ci: APIClient) -> None:
    response = ci.generic("PATCH", f"{PULLS}/1", "state=open", content_type="application/x-www-form-urlencoded")
    assert told(response) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_413(ci: APIClient) -> None:
    response = ci.generic("PATCH", f"{PULLS}/1", " " * (1024 * 1024 + 1), content_type="application/json")
    assert told(response) == (413, "body_too_large")


@pytest.mark.parametrize("address", [RULES, "/api/compliance/rule/R01", f"{PULLS}/1", REPORT])
def test_an_unknown_parameter_is_422(reader: APIClient, address: str) -> None:
    response = reader.get(f"{address}?colour=red")
    assert told(response) == (422, "invalid")
    assert list(response.json()["errors"]) == ["colour"]


def test_what_another_holds_for_too_long_is_503_and_told_when_to_come_back(
    ci: APIClient, judge: Callable[..., Any], report: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(report(pr_number=1))

    def held(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()

    monkeypatch.setattr("compliance.api.pulls.set_state", held)
    response = ci.patch(f"{PULLS}/1", {"state": "closed"})
    assert told(response) == (503, "busy")
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize("address", ["/api/compliance/docs", "/api/compliance/schema"])
@pytest.mark.parametrize("method", ["options", "post", "delete"])
def test_the_description_is_only_read(anyone: APIClient, address: str, method: str) -> None:
    response = getattr(anyone, method)(address)
    assert told(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"
    assert anyone.head(address).status_code == 200


@pytest.mark.parametrize("address", ["/api/compliance/docs", "/api/compliance/schema"])
def test_the_description_knows_no_other_parameters(anyone: APIClient, address: str) -> None:
    assert told(anyone.get(f"{address}?version=%0A")) == (422, "invalid")


def test_an_address_that_is_none_is_404(anyone: APIClient) -> None:
    assert told(anyone.get("/api/compliance/nothing")) == (404, "not_found")


def test_a_browser_changes_nothing_without_its_csrf_token(acme: Tenant, viewer: User) -> None:
    browser = APIClient(enforce_csrf_checks=True, HTTP_HOST="acme.localhost")
    browser.force_login(viewer)
    assert browser.get(RULES).status_code == 200
    response = browser.patch(f"{PULLS}/1", {"state": "open"})
    assert told(response) == (403, "permission_denied")


def test_too_many_requests_are_429(reader: APIClient, settings: Any) -> None:
    settings.THROTTLE_RATES = {"person": 2, "ci": 2, "anonymous": 2}
    answers = [reader.get(RULES) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert told(answers[2]) == (429, "throttled")
    assert int(answers[2]["Retry-After"]) >= 1

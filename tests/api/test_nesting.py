"""JSON that is nested too deeply to be written again is refused wherever it stands."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from rest_framework.test import APIClient

from tests.api.reading import PULLS, Body

REPORTS, CHECKS = "/api/compliance/reports", "/api/compliance/checks"
CHECK = {
    "repository": "acme/shop", "pr_number": 1, "commit_sha": "c0ffee", "run_id": "r1",
    "rule_id": "R07", "status": "VIOLATION", "message": "swallowed",
}  # fmt: skip


def sent(ci: APIClient, address: str, body: object, *, levels: int, method: str = "POST") -> Any:
    """The answer to the body, with so many lists in each other where it says HERE."""
    content = orjson.dumps(body).replace(b'"HERE"', b"[" * levels + b"]" * levels)
    return ci.generic(method, address, content, content_type="application/json")  # type: ignore[arg-type]


def told(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("field", ["format", "scope", "pr_number", "title", "source", "results", "unknown"])
@pytest.mark.parametrize("levels", [300, 1000])
def test_in_any_field_of_a_report(ci: APIClient, report: Callable[..., Body], field: str, levels: int) -> None:
    response = sent(ci, REPORTS, {**report(), field: "HERE"}, levels=levels)
    assert told(response) == (422, "nested_too_deeply")
    assert "242" in response.json()["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"context": {"a": "HERE"}},
        {"checks": [{"rule_id": "HERE", "status": "PASS"}]},
        {"checks": [{"rule_id": "R07", "status": "HERE"}]},
        {"unknown": "HERE"},
    ],
)
@pytest.mark.parametrize("levels", [300, 1000])
def test_in_any_field_of_checks(ci: APIClient, fields: Body, levels: int) -> None:
    assert told(sent(ci, CHECKS, [{**CHECK, **fields}] * 2, levels=levels)) == (422, "nested_too_deeply")


@pytest.mark.parametrize(
    ("method", "address", "field"),
    [
        ("PATCH", f"{PULLS}/1", "state"),
        ("POST", "/api/auth/token", "username"),
        ("POST", "/api/auth/token/refresh", "refresh"),
    ],
)
def test_in_any_small_body(ci: APIClient, method: str, address: str, field: str) -> None:
    assert told(sent(ci, address, {field: "HERE"}, levels=1000, method=method)) == (422, "nested_too_deeply")


@pytest.mark.parametrize("field", ["title", "scope", "format", "run_id"])
def test_what_can_be_written_again_is_only_wrong(ci: APIClient, report: Callable[..., Body], field: str) -> None:
    assert told(sent(ci, REPORTS, {**report(), field: "HERE"}, levels=241)) == (422, "invalid")


def test_what_can_be_written_again_is_kept(ci: APIClient) -> None:
    response = sent(ci, CHECKS, {**CHECK, "context": {"a": "HERE"}}, levels=240)
    assert response.status_code == 202
    assert ci.get(response.json()["status_url"]).json()["status"] == "queued"

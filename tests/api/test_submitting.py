"""What POST reports and POST checks take, and what they say to everything else."""

import gzip
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import CIToken, User
from accounts.services import issue_ci_token
from compliance import limits
from compliance.models import Submission
from tenants.models import Tenant

URL = "/api/compliance/reports"
CHECKS = "/api/compliance/checks"
Body = dict[str, Any]
# Without the time of day, which would be part of the tests' names.
PACKED = gzip.compress(b"{}", mtime=0)


def raw(ci: APIClient, body: bytes, **headers: Any) -> Any:
    content_type = headers.pop("content_type", "application/json")
    return ci.generic("POST", URL, body, content_type=content_type, **headers)  # type: ignore[arg-type]


def test_a_report_is_in_the_inbox_once_it_is_answered(ci: APIClient, report: Callable[..., Body]) -> None:
    response = ci.post(URL, report(run_id="r1"))
    assert response.status_code == 202
    assert set(response.data) == {"id", "status", "status_url", "duplicate"}
    assert response.data["status"] == "queued"
    assert response.data["duplicate"] is False
    assert Submission.objects.get().run_id == "r1"
    assert response.data["status_url"] == f"http://acme.localhost/api/compliance/reports/{response.data['id']}"


def test_the_same_report_twice_is_one_report(ci: APIClient, report: Callable[..., Body]) -> None:
    body = report()
    first, second = ci.post(URL, body), ci.post(URL, body)
    assert (second.status_code, second.data["duplicate"], second.data["id"]) == (200, True, first.data["id"])
    assert Submission.objects.count() == 1


def test_the_order_of_keys_makes_no_other_report(ci: APIClient, report: Callable[..., Body]) -> None:
    body = report()
    ci.post(URL, body)
    assert ci.post(URL, dict(reversed(body.items()))).status_code == 200


def test_a_run_id_with_other_content_is_a_conflict(ci: APIClient, report: Callable[..., Body]) -> None:
    ci.post(URL, report(run_id="r1"))
    response = ci.post(URL, report(run_id="r1", title="Other"))
    assert (response.status_code, response.data["code"]) == (409, "run_reported")
    assert Submission.objects.count() == 1


def test_other_sources_and_repositories_may_use_the_same_run_id(ci: APIClient, report: Callable[..., Body]) -> None:
    answers = [
        ci.post(URL, report(run_id="r1", **other)).status_code
        for other in ({}, {"source": "nightly"}, {"repository": "acme/api"})
    ]
    assert answers == [202, 202, 202]


def test_a_failed_report_sent_again_is_queued_again(ci: APIClient, report: Callable[..., Body]) -> None:
    body = report()
    ci.post(URL, body)
    Submission.objects.update(status="failed", attempts=3, error="database away")
    response = ci.post(URL, body)
    assert (response.status_code, response.data["status"], response.data["duplicate"]) == (200, "queued", True)
    assert Submission.objects.get().attempts == 0


def test_gzip_is_read(ci: APIClient, report: Callable[..., Body]) -> None:
    body = gzip.compress(orjson.dumps(report()))
    assert raw(ci, body, HTTP_CONTENT_ENCODING="gzip").status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"title": "\\ud800"}', "malformed_json"),
        (b"NaN", "malformed_json"),
        (b"[" * 100_000 + b"]" * 100_000, "malformed_json"),
        (b'{"repository": "a/b"\x00}', "malformed_json"),
    ],
)
def test_what_is_not_json_is_400(ci: APIClient, body: bytes, code: str) -> None:
    response = raw(ci, body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"no gzip", PACKED[:-5], PACKED + b"tail"])
def test_what_is_not_gzip_is_400(ci: APIClient, body: bytes) -> None:
    response = raw(ci, body, HTTP_CONTENT_ENCODING="gzip")
    assert (response.status_code, response.json()["code"]) == (400, "malformed_gzip")


def test_a_gzip_of_many_members_is_400_and_told_the_limit(ci: APIClient, report: Callable[..., Body]) -> None:
    packed = gzip.compress(orjson.dumps(report()))
    assert raw(ci, gzip.compress(b"") * 99 + packed, HTTP_CONTENT_ENCODING="gzip").status_code == 202
    response = raw(ci, gzip.compress(b"") * 100 + packed, HTTP_CONTENT_ENCODING="gzip")
    assert (response.status_code, response.json()["code"]) == (400, "malformed_gzip")
    assert "100 members" in response.json()["detail"]


def test_a_gzip_bomb_is_not_unpacked(ci: APIClient) -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(limits.MIB)) for _ in range(65)) + bomb.flush()
    response = raw(ci, packed, HTTP_CONTENT_ENCODING="gzip")
    assert (response.status_code, response.json()["code"]) == (413, "unpacked_too_large")
    assert "64 MiB" in response.json()["detail"]


def test_a_body_over_ten_mib_is_413(ci: APIClient) -> None:
    response = raw(ci, b" " * (limits.MAX_BODY_BYTES + 1))
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert "10 MiB" in response.json()["detail"]


def test_a_body_of_unknown_length_is_411(ci: APIClient) -> None:
    response = ci.generic("POST", URL, "", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411


@pytest.mark.parametrize("headers", [{"content_type": "text/plain"}, {"HTTP_CONTENT_ENCODING": "br"}])
def test_other_media_are_415(ci: APIClient, headers: dict[str, str]) -> None:
    assert raw(ci, b"{}", **headers).status_code == 415


def test_missing_fields_are_named(ci: APIClient) -> None:
    response = ci.post(URL, {})
    assert response.status_code == 422
    assert set(response.data["errors"]) == {"repository", "commit_sha", "run_id", "format", "results"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repository", "no-owner"),
        ("repository", "acme/sh op"),
        ("repository", None),
        ("commit_sha", ""),
        ("commit_sha", "a b"),
        ("run_id", "x" * 201),
        ("run_id", "nul\0"),
        ("pr_number", 0),
        ("pr_number", 2**40),
        ("pr_number", "seven"),
        ("pr_number", [1]),
        ("format", "xml"),
        ("scope", "half"),
        ("title", "nul\0"),
        ("title", {"a": 1}),
        ("url", "javascript:alert(1)"),
        ("run_started_at", "yesterday"),
        ("run_started_at", "0001-01-01T00:00:00+14:00"),
        ("reward_score", "much"),
        ("changed_files", "a.ts"),
        ("changed_files", [""]),
        ("changed_files", ["a\0b"]),
        ("changed_files", [1]),
        ("changed_files", ["x"] * 10_001),
        ("results", None),
    ],
)
def test_a_wrong_field_is_named(ci: APIClient, report: Callable[..., Body], field: str, value: object) -> None:
    response = ci.post(URL, {**report(), field: value})
    assert (response.status_code, list(response.data["errors"])) == (422, [field])
    assert not Submission.objects.exists()


def test_a_number_that_json_cannot_hold_is_refused(ci: APIClient, report: Callable[..., Body]) -> None:
    body = orjson.dumps({**report(), "reward_score": 12345}).replace(b"12345", b"1e999")
    assert raw(ci, body).status_code in (400, 422)


@pytest.mark.parametrize("body", [b"[]", b'"report"', b"7", b"null"])
def test_what_is_no_object_is_422(ci: APIClient, body: bytes) -> None:
    assert raw(ci, body).status_code == 422


def test_too_many_findings_are_refused_with_the_limit(ci: APIClient, report: Callable[..., Body]) -> None:
    response = ci.post(URL, report(warn=[f"WARNING [Q/R16]: {n}" for n in range(25_001)]))
    assert (response.status_code, response.data["code"]) == (422, "too_many_findings")
    assert "25,000" in response.data["detail"]


def test_a_message_of_a_megabyte_is_refused_with_the_limit(ci: APIClient, report: Callable[..., Body]) -> None:
    response = ci.post(URL, report(deny=["x" * 1_000_000]))
    assert (response.status_code, response.data["code"]) == (413, "message_too_large")
    assert "65,536" in response.data["detail"]


@pytest.mark.parametrize("address", [URL, CHECKS])
def test_an_unknown_parameter_is_422(ci: APIClient, report: Callable[..., Body], address: str) -> None:
    response = ci.post(f"{address}?dry_run=1", report())
    assert (response.status_code, list(response.json()["errors"])) == (422, ["dry_run"])
    assert not Submission.objects.exists()


def test_a_nul_in_a_message_is_refused(ci: APIClient, report: Callable[..., Body]) -> None:
    response = ci.post(URL, report(deny=["R01: a\0b"]))
    assert (response.status_code, list(response.data["errors"])) == (422, ["results.security.deny[0]"])


@pytest.mark.parametrize(
    "results", [{}, {"security": {"input_valid": False}}, {"result": []}, {"mystery": {"deny": []}}]
)
def test_a_report_that_speaks_about_nothing_is_422(ci: APIClient, report: Callable[..., Body], results: object) -> None:
    response = ci.post(URL, report(results=results))
    assert (response.status_code, response.data["code"]) == (422, "nothing_evaluated")


def test_no_pull_request_and_another_branch_than_the_default_is_422(ci: APIClient, report: Callable[..., Body]) -> None:
    response = ci.post(URL, report(pr_number=None, branch="feat/x"))
    assert (response.status_code, list(response.data["errors"])) == (422, ["pr_number"])
    assert ci.post(URL, report(pr_number=None, branch="main")).status_code == 202


@pytest.mark.parametrize("header", ["Token wrong", "Token ", "Bearer wrong", "Token \xff"])
def test_a_wrong_token_is_401(acme: Tenant, report: Callable[..., Body], header: str, client_for: Any) -> None:
    client = client_for(acme)
    client.credentials(HTTP_AUTHORIZATION=header)
    response = client.post(URL, report())
    assert response.status_code == 401
    assert response["WWW-Authenticate"]


def test_an_expired_or_revoked_token_is_401(ci: APIClient, report: Callable[..., Body]) -> None:
    CIToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ci.post(URL, report()).status_code == 401
    CIToken.objects.update(expires_at=None, revoked_at=timezone.now())
    assert ci.post(URL, report()).status_code == 401


def test_a_token_reports_only_for_the_repositories_it_covers(
    acme: Tenant, client_for: Any, report: Callable[..., Body]
) -> None:
    secret = issue_ci_token(name="shops", repositories=["acme/shop*"], by=None)[1]
    client = client_for(acme, ci_token=secret)
    assert client.post(URL, report(repository="acme/shop-web")).status_code == 202
    response = client.post(URL, report(repository="acme/api"))
    assert (response.status_code, response.data["code"]) == (403, "repository_not_covered")


def test_people_may_not_report(acme: Tenant, client_for: Any, tenant_admin: User, report: Callable[..., Body]) -> None:
    assert client_for(acme, user=tenant_admin).post(URL, report()).status_code == 403


def check(**fields: Any) -> Body:
    envelope = {"repository": "acme/shop", "pr_number": 1, "commit_sha": "c0ffee", "run_id": "r1"}
    return {**envelope, "rule_id": "R07", "status": "VIOLATION", "message": "swallowed", **fields}


def test_checks_are_posted_one_by_one(ci: APIClient) -> None:
    answers = [ci.post(CHECKS, check(**fields)) for fields in ({}, {"rule_id": "R08"}, {})]
    assert [answer.status_code for answer in answers] == [202, 202, 200]
    assert Submission.objects.count() == 2


def test_a_list_of_checks_is_one_report(ci: APIClient) -> None:
    response = ci.post(CHECKS, [check(), check(rule_id="R08", status="PASS")])
    assert response.status_code == 202
    assert Submission.objects.get().format == "checks"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"repository", "commit_sha", "run_id"}),
        ([], {"body"}),
        (["x"], {"body"}),
        ([check(), check(run_id="r2")], {"[1].run_id"}),
        (check(status="MAYBE"), {"results[0].status"}),
        (check(rule_id=None), {"results[0].rule_id"}),
    ],
)
def test_wrong_checks_are_named(ci: APIClient, body: Any, named: set[str]) -> None:
    response = ci.post(CHECKS, body)
    assert (response.status_code, set(response.data["errors"])) == (422, named)

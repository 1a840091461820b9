"""The OpenAPI description: sound, complete, and kept by real answers."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from accounts.models import User
from compliance.models import Evaluation, Submission, Violation
from compliance.services.trends import refresh_trends
from tenants.models import Tenant
from tests.api.reading import PULLS, RULES, TRENDS, VIOLATIONS, Body, finding
from tests.conftest import PASSWORD

Schema = dict[str, Any]
SCHEMA, DOCS = "/api/compliance/schema", "/api/compliance/docs"


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The description, with OpenAPI's ``nullable`` in JSON Schema's words."""
    written = io.StringIO()
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, stdout=written)
    described: Schema = _without_nullable(json.loads(written.getvalue()))
    return described


def _without_nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {name: _without_nullable(item) for name, item in node.items() if name != "nullable"}
    return {"anyOf": [rest, {"type": "null"}]} if node.get("nullable") is True else rest


def check(schema: Schema, template: str, response: Any, method: str = "get") -> None:
    """Hold an answer against what is described for its address, status and media type."""
    media = response["Content-Type"].split(";")[0]
    described = schema["paths"][template][method]["responses"][str(response.status_code)]["content"][media]["schema"]
    Draft202012Validator({**described, "components": schema["components"]}).validate(response.json())


def test_the_description_is_sound(schema: Schema) -> None:
    assert schema["info"]["title"] == "Forge Console"
    assert {"CIToken", "PersonToken", "IssuerToken", "cookieAuth"} <= set(schema["components"]["securitySchemes"])


def test_every_address_is_described(schema: Schema) -> None:
    described = {f"{method} {path}" for path, item in schema["paths"].items() for method in item}
    assert described == {
        "post /api/auth/token",
        "post /api/auth/token/refresh",
        "post /api/auth/sign-out",
        "post /api/compliance/reports",
        "get /api/compliance/reports/{report_id}",
        "post /api/compliance/checks",
        "get /api/compliance/audit",
        "get /api/compliance/alerts",
        "get /api/compliance/alerts/{alert_id}",
        "post /api/compliance/alerts/{alert_id}/acknowledge",
        "get /api/compliance/notifications",
        "post /api/compliance/notifications/{notification_id}/read",
        "get /api/compliance/health",
        "get /api/compliance/rules",
        "get /api/compliance/rule/{rule_id}",
        "get /api/compliance/trends",
        "get /api/compliance/violations",
        "get /api/compliance/violations/{violation_id}",
        "get /api/compliance/pr",
        "get /api/compliance/pr/default",
        "get /api/compliance/pr/{number}",
        "patch /api/compliance/pr/{number}",
        "post /api/webhooks/github",
        "post /api/webhooks/gitlab",
        "post /api/webhooks/pagerduty",
        "get /api/compliance/overrides",
        "post /api/compliance/overrides",
        "get /api/compliance/overrides/{override_id}",
        "post /api/compliance/overrides/{override_id}/approve",
        "post /api/compliance/overrides/{override_id}/reject",
        "post /api/compliance/overrides/{override_id}/revoke",
        "post /api/compliance/overrides/{override_id}/withdraw",
        "post /api/compliance/overrides/{override_id}/renew",
        "get /api/compliance/export/violations.{kind}",
        "get /api/compliance/export/pr.{kind}",
        "get /api/compliance/export/rules.{kind}",
        "get /api/compliance/export/overrides.{kind}",
        "get /api/compliance/export/alerts.{kind}",
        "get /api/compliance/export/evaluations.{kind}",
    }


@pytest.mark.parametrize(("name", "operation"), [("reports", "post_report"), ("checks", "post_check")])
def test_what_posting_may_answer_is_described(schema: Schema, name: str, operation: str) -> None:
    described = schema["paths"][f"/api/compliance/{name}"]["post"]
    assert (described["operationId"], described["tags"]) == (operation, ["reports"])
    assert {"200", "202", "400", "401", "403", "409", "411", "413", "415", "422", "429"} <= set(described["responses"])


def test_every_filter_is_described(schema: Schema) -> None:
    parameters = schema["paths"][VIOLATIONS]["get"]["parameters"]
    assert {item["name"] for item in parameters} == {
        "rule", "severity", "status", "resolution", "repository", "pr", "file", "author", "source", "package",
        "first_seen_after", "first_seen_before", "q", "ordering", "cursor", "page_size", "If-None-Match",
    }  # fmt: skip


def test_answers_to_people_keep_the_description(
    schema: Schema,
    acme: Tenant,
    viewer: User,
    client_for: Callable[..., APIClient],
    judge: Callable[..., Evaluation],
    report: Callable[..., Body],
) -> None:
    judge(report(deny=[finding(), "HARD STOP: unattributed"]))
    judge(report(deny=[finding(line=3)], reward_score=1.5))
    refresh_trends(at=timezone.now())
    reader = client_for(acme, user=viewer)
    violation = Violation.objects.order_by("id").last()
    assert violation is not None
    for template, address in {
        VIOLATIONS: f"{VIOLATIONS}?page_size=1",
        f"{VIOLATIONS}/{{violation_id}}": f"{VIOLATIONS}/{violation.pk}",
        RULES: RULES,
        "/api/compliance/rule/{rule_id}": "/api/compliance/rule/R01",
        TRENDS: f"{TRENDS}?interval=week",
        PULLS: PULLS,
        f"{PULLS}/{{number}}": f"{PULLS}/1",
        "/api/compliance/health": "/api/compliance/health",
    }.items():
        response = reader.get(address)
        assert response.status_code == 200
        check(schema, template, response)


def test_answers_to_ci_keep_the_description(
    schema: Schema,
    ci: APIClient,
    judge: Callable[..., Evaluation],
    submit: Callable[..., Submission],
    report: Callable[..., Body],
) -> None:
    template = "/api/compliance/reports/{report_id}"
    done, queued = judge(report(deny=[finding()])).submission_id, submit(report(pr_number=2)).pk
    for key in (done, queued, "0192f0c1-0000-7000-8000-000000000000"):
        check(schema, template, ci.get(f"/api/compliance/reports/{key}"))
    check(schema, "/api/compliance/reports", ci.post("/api/compliance/reports", report()), "post")
    check(schema, "/api/compliance/checks", ci.post("/api/compliance/checks", {}), "post")
    check(schema, f"{PULLS}/{{number}}", ci.patch(f"{PULLS}/1", {"state": "merged"}), "patch")
    check(schema, f"{PULLS}/{{number}}", ci.patch(f"{PULLS}/1", {"state": "x"}), "patch")


def test_answers_to_sign_ins_keep_the_description(
    schema: Schema, acme: Tenant, viewer: User, client_for: Callable[..., APIClient]
) -> None:
    client = client_for(acme)
    address = "/api/auth/token"
    check(schema, address, client.post(address, {"username": viewer.username, "password": PASSWORD}), "post")
    check(schema, address, client.post(address, {"username": viewer.username, "password": "wrong"}), "post")
    check(schema, address, client.post(address, {}), "post")


def test_anybody_may_read_the_description(acme: Tenant, client_for: Callable[..., APIClient]) -> None:
    client = client_for(acme)
    assert client.get(SCHEMA).json()["openapi"].startswith("3.")
    assert client.get(SCHEMA, HTTP_ACCEPT="application/yaml").content.startswith(b"openapi: 3.")


def test_the_page_asks_nobody_else_for_anything(acme: Tenant, client_for: Callable[..., APIClient]) -> None:
    page = client_for(acme).get(DOCS).content.decode()
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page
    # A strict policy runs no script that stands in the page itself.
    assert "<script>" not in page
    assert client_for(acme).get(f"{DOCS}?script=")["Content-Type"].startswith("application/javascript")

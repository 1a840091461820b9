"""CI jobs that sign in with the CI service's own word instead of a secret."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Issuer
from compliance.models import Submission
from tests.accounts.provider import Provider

REPORTS = "/api/compliance/reports"
Bearer = Callable[..., Any]


def _report(repository: str = "acme/shop") -> dict[str, Any]:
    return {
        "repository": repository,
        "pr_number": 42,
        "commit_sha": "9f2c" * 10,
        "run_id": "1187",
        "format": "opa",
        "results": {"security": {"deny": ["HARD STOP [Security/R01]: no tenant in apps/a.ts"]}},
    }


def test_a_job_reports_for_the_repository_that_it_runs_in_and_reads_its_verdict(
    provider: Provider, github_jobs: Issuer, bearer: Bearer
) -> None:
    client = bearer(provider.token(repository="acme/shop", preferred_username=None, org=None))
    answer = client.post(REPORTS, _report())
    assert answer.status_code == 202
    assert client.get(answer.json()["status_url"]).json()["status"] == "queued"
    assert Submission.objects.get().submitted_by == "CI job of acme/shop (github)"


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"repository": "acme/pay"}, 403, "repository_not_covered"),
        ({"repository": "evil/shop"}, 401, "invalid_token"),
        ({"repository": "evil/acme/shop"}, 401, "invalid_token"),
        ({"repository": None}, 401, "invalid_token"),
        ({"repository": ["acme/shop"]}, 401, "invalid_token"),
        ({"repository": None, "project_path": "acme/shop"}, 401, "invalid_token"),
    ],
)
def test_a_job_of_another_repository_does_not(
    claims: dict[str, Any], status: int, code: str, provider: Provider, github_jobs: Issuer, bearer: Bearer
) -> None:
    answer = bearer(provider.token(**claims)).post(REPORTS, _report())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_gitlab_names_the_project_by_its_path(provider: Provider, github_jobs: Issuer, bearer: Bearer) -> None:
    Issuer.objects.update(kind="gitlab", repositories=["acme/*"])
    token = provider.token(project_path="acme/backend/shop")
    assert bearer(token).post(REPORTS, _report("acme/backend/shop")).status_code == 202


def test_a_job_reads_no_rules_and_no_violations(provider: Provider, github_jobs: Issuer, bearer: Bearer) -> None:
    client = bearer(provider.token(repository="acme/shop"))
    assert [client.get(f"/api/compliance/{name}").status_code for name in ("rules", "violations", "pr")] == [
        403,
        403,
        200,
    ]

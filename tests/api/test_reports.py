"""``GET reports/<id>``: what CI polls."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from compliance.models import Evaluation, Submission, TenantSettings
from tenants.models import Tenant
from tests import factories
from tests.api.reading import Body, finding

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]
URL = "/api/compliance/reports"


@pytest.fixture(autouse=True)
def _partial_reports_are_enough(acme: Tenant) -> None:
    """These tests are not about which rules a report speaks of."""
    TenantSettings.objects.update_or_create(pk=TenantSettings.PK, defaults={"require_complete": False})


def asked(ci: APIClient, evaluation: Evaluation) -> Body:
    """What the report's address answers."""
    response = ci.get(f"{URL}/{evaluation.submission_id}")
    assert response.status_code == 200, response.content
    body: Body = response.json()
    return body


def test_a_waiting_report_is_queued(ci: APIClient, report: Report) -> None:
    receipt = ci.post(URL, report()).json()
    answer = ci.get(receipt["status_url"])
    assert answer.json() == {
        "id": receipt["id"],
        "status": "queued",
        "status_url": receipt["status_url"],
        "error": None,
    }
    assert (answer["Cache-Control"], answer.has_header("ETag")) == ("no-store", False)


def test_a_judged_report_tells_the_verdict(ci: APIClient, judge: Judge, report: Report) -> None:
    evaluation = judge(report(deny=[finding("R01"), finding("R03", severity="OVERRIDE")]))
    answer = asked(ci, evaluation)
    expected: dict[str, Any] = {
        "status": "done",
        "evaluation": str(evaluation.pk),
        "superseded_by": None,
        "verdict": "BLOCKED",
        "can_merge": False,
        "score": 87,
        "open_score": 87,
        "threshold": 70,
        "block_count": 1,
        "override_count": 1,
        "warning_count": 0,
        "violations": {"new": 2, "seen": 0, "resolved": 0},
    }
    assert {name: answer[name] for name in expected} == expected
    assert [reason["code"] for reason in answer["reasons"]] == ["block_violation"]
    assert answer["url"].startswith("http://acme.localhost/admin/compliance/pullrequest/")


def test_a_failed_report_tells_its_error(ci: APIClient, submit: Callable[..., Submission], report: Report) -> None:
    submission = submit(report())
    Submission.objects.update(status="failed", error="not_opa: no packages")
    answer = ci.get(f"{URL}/{submission.pk}").json()
    assert (answer["status"], answer["error"]) == ("failed", "not_opa: no packages")


def test_a_newer_run_takes_the_place_of_an_older(ci: APIClient, judge: Judge, report: Report) -> None:
    first, second = judge(report(deny=[finding()])), judge(report())
    assert asked(ci, first)["superseded_by"] == str(second.submission_id)
    assert asked(ci, second)["superseded_by"] is None
    # The verdict is the pull request's of now, whichever of its reports is asked for.
    assert asked(ci, first)["verdict"] == "PASS"


def test_a_report_of_another_commit_than_the_head_lets_nothing_merge(
    ci: APIClient, judge: Judge, report: Report
) -> None:
    older, head = judge(report(commit_sha="a1")), judge(report(commit_sha="b2"))
    assert (asked(ci, head)["verdict"], asked(ci, head)["can_merge"]) == ("PASS", True)
    # The verdict is the pull request's, and nobody has judged this commit by it.
    assert (asked(ci, older)["verdict"], asked(ci, older)["can_merge"]) == ("PASS", False)


def test_another_source_takes_nobodys_place(ci: APIClient, judge: Judge, report: Report) -> None:
    first = judge(report())
    judge(report(source="nightly"))
    assert asked(ci, first)["superseded_by"] is None


def test_a_report_that_came_too_late_names_what_was_there(ci: APIClient, judge: Judge, report: Report) -> None:
    newer = judge(report(run_started_at="2026-11-02T09:00:00Z"))
    late = judge(report(run_started_at="2026-11-01T09:00:00Z"))
    answer = asked(ci, late)
    assert (answer["superseded"], answer["superseded_by"]) == ("run", str(newer.submission_id))
    assert asked(ci, newer)["superseded_by"] is None


def test_a_token_asks_only_for_repositories_that_it_names(
    acme: Tenant, client_for: Callable[..., APIClient], judge: Judge, report: Report
) -> None:
    evaluation = judge(report(repository="acme/api"))
    shop = client_for(acme, ci_token=factories.ci_token("acme/shop"))
    response = shop.get(f"{URL}/{evaluation.submission_id}")
    assert (response.status_code, response.json()["code"]) == (403, "repository_not_covered")


@pytest.mark.parametrize("key", ["0192f0c1-0000-7000-8000-000000000000", "nonsense"])
def test_an_unknown_report_is_404(ci: APIClient, key: str) -> None:
    response = ci.get(f"{URL}/{key}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")

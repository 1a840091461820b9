"""``GET pr``, ``GET pr/<number>``, ``GET pr/default`` and ``PATCH pr/<number>``."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Submission, TenantSettings, Violation
from compliance.services.judging import rejudge
from compliance.services.states import recount
from tenants.models import Tenant
from tests import factories
from tests.api.reading import PULLS, Body, finding, statements

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]


@pytest.fixture(autouse=True)
def _partial_reports_are_enough(acme: Tenant) -> None:
    """These tests are not about which rules a report speaks of."""
    TenantSettings.objects.update_or_create(pk=TenantSettings.PK, defaults={"require_complete": False})


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


def listed(client: APIClient, query: str = "") -> list[tuple[str, int | None, str]]:
    """Repository, number and verdict of what the list answers."""
    response = client.get(f"{PULLS}{query}")
    assert response.status_code == 200, response.content
    return [(pull["repository"], pull["pr_number"], pull["verdict"]) for pull in response.json()["results"]]


def test_a_blocked_pull_request_says_why(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01", file="a.ts", line=3), finding("R02", file="b.ts", severity="WARNING")]))
    pull = ci.get(f"{PULLS}/1").json()
    told = {name: pull[name] for name in ("verdict", "can_merge", "score", "open_score", "threshold", "block_count")}
    assert told == {
        "verdict": "BLOCKED",
        "can_merge": False,
        "score": 89,
        "open_score": 89,
        "threshold": 70,
        "block_count": 1,
    }
    (reason,) = pull["reasons"]
    assert (reason["code"], reason["rule"], reason["file_path"], reason["line_number"]) == (
        "block_violation",
        "R01",
        "a.ts",
        3,
    )
    assert reason["violation"] == str(Violation.objects.get(rule="R01").pk)


def test_a_pull_request_breaks_down_by_rule(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01"), finding("R02", severity="WARNING")]))
    rules = {row["rule"]: row for row in ci.get(f"{PULLS}/1").json()["breakdown"]}
    assert {name: rules[name]["colour"] for name in ("R01", "R02", "R03")} == {
        "R01": "red",
        "R02": "yellow",
        "R03": "green",
    }
    assert (rules["R01"]["open_block_count"], rules["R01"]["tier"], rules["R01"]["evaluated"]) == (1, "BLOCK", True)


def test_a_pull_request_names_itself(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=7, url="https://code.example.com/7", reward_score=12.5, commit_sha="abc"))
    pull = ci.get(f"{PULLS}/7?repository=acme/shop").json()
    names = ("repository", "pr_number", "title", "author", "state", "head_sha", "reward_score", "pull_request_url")
    assert [pull[name] for name in names] == [
        "acme/shop",
        7,
        "Add basket",
        "kim",
        "open",
        "abc",
        12.5,
        "https://code.example.com/7",
    ]
    assert pull["url"] == f"http://acme.localhost/admin/compliance/pullrequest/{pull['id']}/change/"
    assert (pull["verdict"], pull["can_merge"], pull["reasons"]) == ("PASS", True, [])


def test_the_default_branch_has_a_verdict(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=None, branch="main", deny=[finding()]))
    pull = ci.get(f"{PULLS}/default?repository=acme/shop").json()
    assert (pull["pr_number"], pull["verdict"]) == (None, "BLOCKED")


def test_a_number_of_several_repositories_lists_them(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(repository="acme/shop"))
    judge(report(repository="acme/api"))
    response = ci.get(f"{PULLS}/1")
    assert (response.status_code, response.json()["code"]) == (409, "ambiguous_pull_request")
    assert response.json()["repositories"] == ["acme/api", "acme/shop"]
    assert ci.get(f"{PULLS}/1?repository=acme/api").json()["repository"] == "acme/api"


@pytest.mark.parametrize("path", ["2", "default", "99999999999999999999", "1?repository=acme/unknown", "0"])
def test_what_nobody_reported_is_404(ci: APIClient, judge: Judge, report: Report, path: str) -> None:
    judge(report())
    response = ci.get(f"{PULLS}/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_waiting_report_makes_the_verdict_pending_everywhere(
    ci: APIClient, judge: Judge, submit: Callable[..., Submission], report: Report
) -> None:
    judge(report())
    judge(report(pr_number=2))
    submit(report())
    pull = ci.get(f"{PULLS}/1").json()
    assert (pull["verdict"], pull["can_merge"], pull["reasons"][0]["code"]) == ("PENDING", False, "report_queued")
    assert listed(ci) == [("acme/shop", 2, "PASS"), ("acme/shop", 1, "PENDING")]
    assert listed(ci, "?verdict=PENDING") == [("acme/shop", 1, "PENDING")]


def test_a_failed_report_makes_the_verdict_pending_until_another_is_judged(
    ci: APIClient, judge: Judge, submit: Callable[..., Submission], report: Report
) -> None:
    judge(report())
    failed = submit(report())
    Submission.objects.filter(pk=failed.pk).update(status="failed", error="not_opa: no")
    assert listed(ci) == [("acme/shop", 1, "PENDING")]
    assert ci.get(f"{PULLS}/1").json()["reasons"][0]["code"] == "report_failed"
    judge(report())
    assert listed(ci) == [("acme/shop", 1, "PASS")]


def test_a_default_branch_waits_for_its_own_reports_only(
    ci: APIClient, judge: Judge, submit: Callable[..., Submission], report: Report
) -> None:
    judge(report(pr_number=None, branch="main"))
    submit(report(pr_number=5))
    assert listed(ci) == [("acme/shop", None, "PASS")]
    submit(report(pr_number=None, branch="main"))
    assert listed(ci) == [("acme/shop", None, "PENDING")]


def test_the_list_holds_what_is_open_unless_asked(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=1))
    judge(report(pr_number=2, author="lee", repository="acme/api"))
    ci.patch(f"{PULLS}/1", {"state": "merged"})
    assert listed(ci) == [("acme/api", 2, "PASS")]
    assert listed(ci, "?state=merged") == [("acme/shop", 1, "PASS")]
    assert listed(ci, "?author=lee") == [("acme/api", 2, "PASS")]
    assert listed(ci, "?repository=acme/shop") == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_whatever_it_holds(
    reader: APIClient, judge: Judge, report: Report, count: int
) -> None:
    for number in range(1, count + 1):
        judge(report(pr_number=number, deny=[finding()]))
    # Two for permissions, versions with lapsed verdicts, what waits, settings, the page.
    assert statements(reader, PULLS) == 6
    assert len(listed(reader)) == count


def test_a_lapsed_override_is_judged_by_the_read(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding()]))
    pull = PullRequest.objects.get()
    Violation.objects.update(
        status="OVERRIDDEN", override_severity="BLOCK", override_until=timezone.now() + timedelta(days=1)
    )
    recount(pull)
    assert rejudge(pull.pk, at=timezone.now()).verdict == "OVERRIDE_APPROVED"
    tag = ci.get(PULLS)["ETag"]
    lapsed = timezone.now() - timedelta(seconds=1)
    Violation.objects.update(override_until=lapsed)
    PullRequest.objects.update(verdict_until=lapsed)
    answer = ci.get(PULLS, HTTP_IF_NONE_MATCH=tag)
    assert [row["verdict"] for row in answer.json()["results"]] == ["BLOCKED"]


def test_ci_says_that_a_pull_request_was_merged(ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding()]))
    pull = ci.patch(f"{PULLS}/1?repository=acme/shop", {"state": "merged"}).json()
    assert (pull["state"], pull["verdict"], pull["reasons"][0]["code"]) == (
        "merged",
        "BLOCKED",
        "pull_request_merged",
    )
    assert Violation.objects.get().resolution == "MERGED"
    response = ci.patch(f"{PULLS}/1", {"state": "open"})
    assert (response.status_code, response.json()["code"]) == (409, "already_merged")


@pytest.mark.parametrize("body", [{}, {"state": "done"}, {"state": None}, []])
def test_a_wrong_state_is_422(ci: APIClient, judge: Judge, report: Report, body: object) -> None:
    judge(report())
    response = ci.patch(f"{PULLS}/1", body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid")


@pytest.fixture
def shop_ci(acme: Tenant, client_for: Callable[..., APIClient]) -> APIClient:
    """A CI job that may speak for acme/shop only."""
    return client_for(acme, ci_token=factories.ci_token("acme/shop"))


def test_a_token_reads_and_changes_only_repositories_that_it_names(
    shop_ci: APIClient, judge: Judge, report: Report
) -> None:
    judge(report(repository="acme/api"))
    answers = [
        shop_ci.get(f"{PULLS}/1?repository=acme/api"),
        shop_ci.get(f"{PULLS}/1"),
        shop_ci.get(f"{PULLS}?repository=acme/api"),
        shop_ci.patch(f"{PULLS}/1?repository=acme/api", {"state": "closed"}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "repository_not_covered")}
    assert PullRequest.objects.get().state == "open"


def test_a_token_is_told_of_its_repositories_only(shop_ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(repository="acme/shop"))
    judge(report(repository="acme/api"))
    assert listed(shop_ci) == [("acme/shop", 1, "PASS")]
    assert shop_ci.get(f"{PULLS}/1").json()["repository"] == "acme/shop"


def test_a_viewer_may_not_change_a_state(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report())
    response = reader.patch(f"{PULLS}/1", {"state": "closed"})
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

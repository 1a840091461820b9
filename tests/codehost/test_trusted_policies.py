"""A repository that names its policies: reports of others may say what is wrong, and never let anything pass."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Repository, Rule, TenantSettings, Violation
from compliance.services.repositories import edit_repository
from core.errors import Forbidden, Invalid

pytestmark = pytest.mark.django_db
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]
BLOCK = "HARD STOP [Security/R01]: a query without its tenant in apps/a.ts"
WARNED = "WARNING [Security/R01]: a query without its tenant in apps/a.ts"


@pytest.fixture(autouse=True)
def repository(db: None) -> Repository:
    """acme/shop trusts revision a1 alone."""
    return Repository.objects.create(name="acme/shop", trusted_policies=["a1"])


def verdict() -> str:
    return PullRequest.objects.get().verdict


def trust(user: User, *revisions: str) -> None:
    key = Repository.objects.get().pk
    edit_repository(repository_id=key, changes={"trusted_policies": list(revisions)}, by=user, at=timezone.now())


def test_a_report_of_trusted_policies_passes(judge: Judge, report: Report) -> None:
    judge(report(policy_revision="a1"))
    assert verdict() == "PASS"


@pytest.mark.parametrize("revision", ["b2", "", "A1"])
def test_a_report_of_other_policies_does_not_pass(judge: Judge, report: Report, ci: APIClient, revision: str) -> None:
    judge(report(policy_revision=revision))
    answer = ci.get("/api/compliance/pr/1").json()
    assert (answer["verdict"], answer["can_merge"]) == ("INCOMPLETE", False)
    assert "policy_unknown" in [reason["code"] for reason in answer["reasons"]]


def test_a_report_of_other_policies_does_not_pass_where_completeness_is_switched_off(
    judge: Judge, report: Report
) -> None:
    TenantSettings.objects.create(require_complete=False)
    judge(report(policy_revision="b2"))
    assert verdict() == "INCOMPLETE"


def test_other_policies_fix_nothing(judge: Judge, report: Report) -> None:
    judge(report(policy_revision="a1", deny=[BLOCK]))
    judge(report(policy_revision="b2"))
    assert Violation.objects.live().count() == 1
    assert verdict() == "BLOCKED"
    judge(report(policy_revision="a1"))
    assert verdict() == "PASS"


def test_other_policies_fix_nothing_of_rules_that_need_not_be_evaluated(judge: Judge, report: Report) -> None:
    Rule.objects.catalogued().exclude(pk="R01").update(enforcement="observe")
    Rule.objects.filter(pk="R02").update(enforcement="enforce", tier="OVERRIDE", packages=["other"])
    wrong = {"other": {"deny": [f"OVERRIDE REQUIRED [Other/R02]: number {n}" for n in range(11)]}}
    judge(report(policy_revision="a1", results={"security": {"deny": []}, **wrong}))
    judge(report(policy_revision="b2", results={"other": {"deny": []}}))
    assert verdict() == "BELOW_THRESHOLD"


def test_other_policies_may_say_what_is_wrong(judge: Judge, report: Report) -> None:
    judge(report(policy_revision="a1"))
    judge(report(policy_revision="b2", source="scanner", deny=[BLOCK]))
    assert verdict() == "BLOCKED"


def test_other_policies_make_nothing_milder(judge: Judge, report: Report) -> None:
    message = {"rule": "R01", "message": "a query", "file": "apps/a.ts"}
    judge(report(policy_revision="a1", deny=[{**message, "severity": "BLOCK"}]))
    judge(report(policy_revision="b2", deny=[{**message, "severity": "WARNING"}]))
    assert Violation.objects.get().severity == "BLOCK"
    judge(report(policy_revision="a1", deny=[{**message, "severity": "WARNING"}]))
    assert Violation.objects.get().severity == "WARNING"


def test_another_source_beside_a_trusted_one_takes_nothing_away(judge: Judge, report: Report) -> None:
    judge(report(policy_revision="a1"))
    judge(report(source="scanner", policy_revision=""))
    assert verdict() == "PASS"


def test_a_later_run_of_other_policies_does_not_make_a_trusted_report_late(judge: Judge, report: Report) -> None:
    now = timezone.now()
    judge(report(policy_revision="b2", run_started_at=now.isoformat()))
    judge(report(policy_revision="a1", run_started_at=(now - timedelta(minutes=1)).isoformat()))
    assert verdict() == "PASS"


def test_trust_that_is_taken_back_takes_the_verdict_with_it(
    judge: Judge, report: Report, compliance_admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    judge(report(policy_revision="a1"))
    with django_capture_on_commit_callbacks(execute=True):
        trust(compliance_admin, "c3")
    assert verdict() == "INCOMPLETE"
    with django_capture_on_commit_callbacks(execute=True):
        trust(compliance_admin)
    assert verdict() == "PASS"


def test_who_only_reads_trusts_nobody(viewer: User) -> None:
    with pytest.raises(Forbidden):
        trust(viewer, "b2")


@pytest.mark.parametrize("revisions", [[""], ["x" * 201], ["x"] * 101])
def test_what_no_report_can_name_is_not_trusted(compliance_admin: User, revisions: list[str]) -> None:
    with pytest.raises(Invalid):
        trust(compliance_admin, *revisions)

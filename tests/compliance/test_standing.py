"""What CI and people are told of a pull request at this moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from compliance.models import Evaluation, PullRequest, Submission, TenantSettings, Violation
from compliance.services.standing import PullStanding, standing_now

pytestmark = pytest.mark.django_db

BLOCK = "HARD STOP [Security/R01]: query without tenant filter in src/a.ts"
WARNING = "WARNING [Quality/R16]: no tests for src/c.ts"
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]


def now() -> PullStanding:
    return standing_now(PullRequest.objects.get(), at=timezone.now())


def codes() -> list[str]:
    return [named.reason.code for named in now().reasons]


def test_every_blocking_violation_is_named(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK, f"{BLOCK} again"]))
    reasons = now().reasons
    assert [(named.reason.code, named.reason.rules) for named in reasons] == [("block_violation", ["R01"])] * 2
    assert {named.violation for named in reasons} == set(Violation.objects.all())


def test_beyond_fifty_the_rest_is_counted(judge: Judge, report: Report) -> None:
    judge(report(deny=[f"{BLOCK} {number}" for number in range(51)]))
    reasons = now().reasons
    assert len(reasons) == 52  # fifty by name, all in one, and the score
    assert reasons[50].reason.message.startswith("51 BLOCK violations")


def test_a_waiting_report_makes_it_pending(judge: Judge, report: Report, submit: Callable[..., Submission]) -> None:
    judge(report())
    submit(report(commit_sha="next"))
    assert (now().verdict, now().can_merge, codes()) == ("PENDING", False, ["report_queued"])


def test_a_failed_report_makes_it_pending_until_its_source_reports_again(
    judge: Judge, report: Report, submit: Callable[..., Submission]
) -> None:
    judge(report())
    submit(report(commit_sha="next"))
    Submission.objects.filter(status="queued").update(status="failed", error="unreadable")
    assert (now().verdict, codes()) == ("PENDING", ["report_failed"])
    late = (timezone.now() - timedelta(days=1)).isoformat()
    assert judge(report(run_started_at=late)).superseded == "run"
    assert now().verdict == "PENDING"
    judge(report(commit_sha="next"))
    assert now().verdict == "PASS"


def test_a_verdict_older_than_the_terms_is_judged_anew_when_it_is_read(judge: Judge, report: Report) -> None:
    judge(report(warn=[WARNING]))
    TenantSettings(threshold=100).save()
    assert (now().verdict, now().can_merge, codes()) == ("BELOW_THRESHOLD", False, ["below_threshold"])
    assert PullRequest.objects.get().verdict == "BELOW_THRESHOLD"


def test_a_verdict_whose_cover_ran_out_is_judged_anew_when_it_is_read(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    until = timezone.now() + timedelta(hours=1)
    Violation.objects.update(status="OVERRIDDEN", override_until=until, override_severity="BLOCK")
    judge(report(deny=[BLOCK], run_id="covered"))
    assert now().verdict == "OVERRIDE_APPROVED"
    later = standing_now(PullRequest.objects.get(), at=until + timedelta(seconds=1))
    assert (later.verdict, Violation.objects.get().status) == ("BLOCKED", "OPEN")

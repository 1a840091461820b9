"""From a report to what is stored: through the services, on the real database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from compliance.choices import PullState
from compliance.models import (
    Check,
    Evaluation,
    PullRequest,
    Repository,
    Rule,
    RuleState,
    Submission,
    TenantSettings,
    Transition,
    Version,
    Violation,
)
from compliance.services.pulls import set_state
from core.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db

BLOCK = "HARD STOP [Security/R01]: query without tenant filter in src/a.ts"
OVERRIDE = "OVERRIDE REQUIRED [Security/R13]: unvalidated input in src/b.ts"
WARNING = "WARNING [Quality/R16]: no tests for src/c.ts"
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]


def live() -> set[str]:
    return set(Violation.objects.live().values_list("message", flat=True))


def pull() -> PullRequest:
    return PullRequest.objects.get()


def test_a_report_becomes_violations_checks_states_and_a_verdict(judge: Judge, report: Report) -> None:
    evaluation = judge(
        report(deny=[BLOCK, OVERRIDE], warn=[WARNING], changed_files=["src/a.ts", "src/b.ts", "src/c.ts"])
    )
    assert sorted(Violation.objects.values_list("rule", "severity", "file_path", "status")) == [
        ("R01", "BLOCK", "src/a.ts", "OPEN"),
        ("R13", "OVERRIDE", "src/b.ts", "OPEN"),
        ("R16", "WARNING", "src/c.ts", "OPEN"),
    ]
    assert (pull().verdict, pull().score, pull().counts) == ("BLOCKED", 86, (1, 1, 1))
    assert (evaluation.new_count, evaluation.verdict, evaluation.score) == (3, "BLOCKED", 86)
    outcomes = dict(Check.objects.values_list("rule", "outcome"))
    assert outcomes == {
        **dict.fromkeys(["R02", "R03", "R12", "R21", "R22"], "PASS"),
        **dict.fromkeys(["R01", "R13", "R16"], "VIOLATION"),
    }
    assert RuleState.objects.get(rule="R01").open_block_count == 1
    assert list(Transition.objects.values_list("from_status", "to_status", "cause")) == [("", "OPEN", "found")] * 3


def test_a_clean_report_passes(judge: Judge, report: Report) -> None:
    judge(report())
    assert (pull().verdict, pull().score, pull().head_sha) == ("PASS", 100, "c0ffee")


def test_what_is_no_longer_found_is_fixed_and_may_return(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    first = Violation.objects.get()
    judge(report(deny=[]))
    assert Violation.objects.get().resolution == "FIXED"
    judge(report(deny=[BLOCK]))
    again = Violation.objects.get()
    assert (again.pk, again.status, again.resolution, again.resolved_at) == (first.pk, "OPEN", "", None)
    assert list(Transition.objects.values_list("cause", flat=True)) == ["found", "fixed", "returned"]


def test_a_package_that_is_not_spoken_about_keeps_its_violations(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    judge(report(results={"quality": {"warn": [WARNING]}}))
    assert live() == {BLOCK, WARNING}


def test_a_diff_resolves_only_in_the_files_it_touched(judge: Judge, report: Report) -> None:
    files = ["src/a.ts", "src/b.ts"]
    judge(report(deny=[BLOCK, OVERRIDE], changed_files=files))
    judge(report(deny=[], scope="diff", changed_files=["src/b.ts"]))
    assert live() == {BLOCK}


def test_unchanged_violations_are_not_rewritten(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    before = Violation.objects.values().get()
    evaluation = judge(report(deny=[BLOCK]))
    assert Violation.objects.values().get() == before
    assert (evaluation.new_count, evaluation.seen_count) == (0, 1)
    assert RuleState.objects.get(rule="R01").last_seen == evaluation.created_at


def test_a_run_that_started_earlier_changes_nothing(judge: Judge, report: Report) -> None:
    now = timezone.now()
    judge(report(deny=[], run_started_at=now.isoformat()))
    evaluation = judge(report(deny=[BLOCK], run_started_at=(now - timedelta(minutes=5)).isoformat()))
    assert (evaluation.superseded, live(), Evaluation.objects.count()) == ("run", set(), 2)


def test_a_start_in_the_future_is_the_time_of_receipt(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK], run_started_at=(timezone.now() + timedelta(days=1)).isoformat()))
    assert judge(report(deny=[])).superseded == ""
    assert live() == set()


def test_a_commit_that_was_the_head_once_changes_nothing(judge: Judge, report: Report) -> None:
    judge(report(commit_sha="old", deny=[]))
    judge(report(commit_sha="new", deny=[]))
    assert judge(report(commit_sha="old", deny=[BLOCK])).superseded == "commit"
    assert (pull().head_sha, live()) == ("new", set())


def test_checks_of_one_run_add_up_in_any_order(judge: Judge, report: Report) -> None:
    def check(rule: str, minute: int) -> dict[str, Any]:
        result = {"rule_id": rule, "status": "VIOLATION", "message": f"{rule} broken in {minute}"}
        return report(format="checks", run_id="one", results=[result])

    for part, (rule, minute) in enumerate([("R07", 1), ("R07", 2), ("R08", 3)]):
        judge(check(rule, minute), part=str(part), at=timezone.now() - timedelta(minutes=minute))
    assert live() == {"R07 broken in 1", "R07 broken in 2", "R08 broken in 3"}


def test_the_next_run_of_checks_resolves_what_it_no_longer_finds(judge: Judge, report: Report) -> None:
    broken = [{"rule_id": "R07", "status": "VIOLATION", "message": "a"}, {"rule_id": "R08", "status": "PASS"}]
    judge(report(format="checks", results=broken))
    judge(report(format="checks", results=[{"rule_id": "R08", "status": "PASS"}]))
    assert live() == {"a"}
    judge(report(format="checks", results=[{"rule_id": "R07", "status": "PASS"}]))
    assert live() == set()


def test_sources_do_not_resolve_each_others_findings(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    judge(report(deny=[], source="nightly"))
    assert live() == {BLOCK}


def test_missing_block_rules_make_it_incomplete(judge: Judge, report: Report) -> None:
    judge(report(results={"security": {"deny": []}}))
    assert pull().verdict == "INCOMPLETE"
    judge(report(results={"architecture": {"deny": []}}, source="other"))
    assert pull().verdict == "PASS"


def test_a_new_commit_must_be_evaluated_anew(judge: Judge, report: Report) -> None:
    judge(report())
    judge(report(commit_sha="next", results={"quality": {"warn": []}}))
    assert pull().verdict == "INCOMPLETE"


def test_observed_rules_are_shown_and_do_not_count(judge: Judge, report: Report) -> None:
    Rule.objects.filter(pk="R01").update(enforcement="observe")
    judge(report(deny=[BLOCK]))
    assert (live(), pull().verdict, pull().score) == ({BLOCK}, "PASS", 100)


def test_rules_that_are_off_are_not_recorded(judge: Judge, report: Report) -> None:
    Rule.objects.filter(pk="R01").update(enforcement="off")
    judge(report(deny=[BLOCK]))
    assert (live(), Check.objects.filter(rule="R01").count()) == (set(), 0)


def test_weights_and_threshold_are_the_tenants(judge: Judge, report: Report) -> None:
    TenantSettings(warning_weight=40).save()
    judge(report(warn=[WARNING]))
    assert (pull().score, pull().verdict) == (60, "BELOW_THRESHOLD")


def test_a_rule_that_nobody_knows_is_shown_as_such(judge: Judge, report: Report) -> None:
    judge(report(deny=["HARD STOP [Infra]: no pool", "HARD STOP [Infra/R99]: no pool either"]))
    assert list(Violation.objects.values_list("rule", "severity")) == [("UNATTRIBUTED", "BLOCK")] * 2
    assert pull().verdict == "BLOCKED"


def test_closing_resolves_and_freezes_and_reopening_restores(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    set_state(pull().pk, state=PullState.CLOSED, by="ci", at=timezone.now())
    assert (live(), pull().verdict, Violation.objects.get().resolution) == (set(), "BLOCKED", "CLOSED")
    assert judge(report(deny=[])).superseded == "state"
    set_state(pull().pk, state=PullState.OPEN, by="ci", at=timezone.now())
    assert (live(), pull().verdict, pull().counts) == ({BLOCK}, "BLOCKED", (1, 0, 0))


def test_merging_is_final(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    set_state(pull().pk, state=PullState.MERGED, by="ci", at=timezone.now())
    assert Violation.objects.get().resolution == "MERGED"
    with pytest.raises(Conflict):
        set_state(pull().pk, state=PullState.OPEN, by="ci", at=timezone.now())


def test_a_default_branch_is_diff_scoped_and_never_closes(judge: Judge, report: Report) -> None:
    judge(report(pr_number=None, branch="main", deny=[BLOCK], changed_files=["src/a.ts"]))
    judge(report(pr_number=None, branch="main", deny=[], changed_files=["src/other.ts"]))
    assert live() == {BLOCK}
    with pytest.raises(Conflict):
        set_state(pull().pk, state=PullState.CLOSED, by="ci", at=timezone.now())


def test_a_covered_violation_stays_covered_until_it_grows_graver(judge: Judge, report: Report) -> None:
    def finding(severity: str) -> dict[str, str]:
        return {"rule": "R13", "severity": severity, "message": "unvalidated", "file": "src/b.ts"}

    judge(report(deny=[finding("OVERRIDE")]))
    until = timezone.now() + timedelta(days=1)
    Violation.objects.update(status="OVERRIDDEN", override_until=until, override_severity="OVERRIDE")
    judge(report(deny=[finding("OVERRIDE")]))
    assert (Violation.objects.get().status, Check.objects.filter(outcome="OVERRIDE").count()) == ("OVERRIDDEN", 1)
    judge(report(deny=[finding("BLOCK")]))
    assert (Violation.objects.get().status, pull().verdict) == ("OPEN", "BLOCKED")
    assert Transition.objects.order_by("-id").values_list("cause", flat=True)[0] == "severity_raised"


def test_versions_are_bumped(judge: Judge, report: Report) -> None:
    before = Version.numbers(["violations", "pulls"])
    judge(report())
    assert Version.numbers(["violations", "pulls"]) == [number + 1 for number in before]


def test_a_taken_over_report_is_rolled_back(submit: Callable[..., Submission], report: Report) -> None:
    from compliance.services.ingest import process
    from core.claims import ClaimLost

    submission = submit(report(deny=[BLOCK]))
    submission.attempts = 1  # claimed once; meanwhile somebody else claimed it again
    Submission.objects.update(status="processing", attempts=2)
    with pytest.raises(ClaimLost):
        process(submission, at=timezone.now())
    assert (live(), Evaluation.objects.count()) == (set(), 0)


def test_rules_that_were_switched_off_keep_what_was_recorded(judge: Judge, report: Report) -> None:
    judge(report(deny=[BLOCK]))
    Rule.objects.filter(pk="R01").update(enforcement="off")
    judge(report(deny=[BLOCK]))
    assert (Violation.objects.get().status, pull().verdict) == ("OPEN", "PASS")


def test_a_file_of_the_longest_path_can_be_stored(judge: Judge, report: Report) -> None:
    path = "ab/" + "".join(chr(0x4E00 + number % 9000) for number in range(680))
    judge(report(deny=[{"rule": "R01", "message": "broken", "file": path}]))
    assert Violation.objects.get().file_path == path


def test_a_repository_whose_default_branch_is_master_is_known_by_its_first_push(judge: Judge, report: Report) -> None:
    judge(report(base_branch="master"))
    judge(report(pr_number=None, branch="master"))
    assert Repository.objects.get().default_branch == "master"
    with pytest.raises(Invalid):
        judge(report(pr_number=None, branch="main"))

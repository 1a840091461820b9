"""The reporter against a running Forge Console: its exit codes, and what it makes of every refusal."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compliance.evaluation.pack import OWN_FOLDER, own_pack
from compliance.models import Evaluation, PullRequest, Submission, Violation
from tests import factories
from tests.ci.running import Opa, Outcome, report
from tests.evaluation.repositories import Repository
from tests.factories import CLEAN_PACKAGES
from tests.policies.opa_environment import put_opa_into
from tests.running import RunningSite

pytestmark = pytest.mark.long

Run = Callable[..., Outcome]
BLOCKING = {"rule": "R01", "severity": "BLOCK", "message": "Query without a tenant", "file": "src/basket.ts", "line": 1}


@pytest.fixture
def run(site: RunningSite, clone: Repository, opa: Opa, policies: Path) -> Run:
    """Report pull request 42 of acme/shop to acme's console."""
    token = factories.ci_token("acme/*")

    def run(*flags: str, token: str = token, tenant: str = "acme", env: dict[str, str] | None = None) -> Outcome:
        said = ["--url", f"http://{tenant}.localhost:{site.port}", "--policies", str(policies), "--base", "base"]
        said += ["--repository", "acme/shop", "--pr-number", "42", "--wait", "60"]
        return report(*said, *flags, folder=clone.folder, path=opa.folder, token=token, env=env)

    return run


@pytest.fixture
def results(tmp_path: Path) -> Callable[[Any], list[str]]:
    """Write results to a file; answers the flags that name it."""

    def write(packages: Any, format: str = "opa") -> list[str]:
        (tmp_path / "results.json").write_text(json.dumps(packages))
        return ["--results", str(tmp_path / "results.json"), "--format", format]

    return write


def test_a_clean_change_may_merge(run: Run, opa: Opa, clone: Repository) -> None:
    opa.answers(CLEAN_PACKAGES)
    outcome = run("--title", "Add basket")
    assert (outcome.code, "PASS: may merge. Score 100 of 100" in outcome.log) == (0, True)
    pull = PullRequest.objects.get()
    assert (pull.number, pull.title, pull.head_sha) == (42, "Add basket", clone.git("rev-parse", "HEAD"))


def test_a_blocked_change_may_not_and_says_why(run: Run, opa: Opa) -> None:
    opa.answers({**CLEAN_PACKAGES, "security": {"deny": [{**BLOCKING, "remediation": "Filter by tenant_id."}]}})
    outcome = run(env={"GITHUB_ACTIONS": "true"})
    violation = Violation.objects.get()
    assert (outcome.code, violation.file_path, violation.line) == (1, "src/basket.ts", 1)
    assert "R01  src/basket.ts:1\n      Query without a tenant\n      -> Filter by tenant_id." in outcome.log
    assert "::error file=src/basket.ts,line=1,title=Forge R01::Query without a tenant%0A" in outcome.log
    assert f"/admin/compliance/pullrequest/{PullRequest.objects.get().pk}/" in outcome.log


def test_a_change_that_was_mended_may_merge(run: Run, opa: Opa, clone: Repository) -> None:
    opa.answers({**CLEAN_PACKAGES, "security": {"deny": [BLOCKING]}})
    assert run().code == 1
    clone.commit("Mend", {"src/basket.ts": "export const basket = db.find({ tenant_id });\n"})
    opa.answers(CLEAN_PACKAGES)
    assert run().code == 0


def test_what_no_policy_looked_at_may_not_merge(run: Run, opa: Opa) -> None:
    opa.answers({"architecture": {"deny": []}})
    outcome = run()
    assert (outcome.code, "INCOMPLETE: may not merge." in outcome.log) == (1, True)


def test_the_same_run_twice_is_one_report(run: Run, opa: Opa) -> None:
    opa.answers(CLEAN_PACKAGES)
    outcomes = [run("--run-id", "1187-1") for _ in range(2)]
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert ["(the same as before)" in outcome.log for outcome in outcomes] == [False, True]
    assert Submission.objects.count() == 1


def test_a_run_with_other_results_cannot_be_told(run: Run, opa: Opa) -> None:
    assert run("--run-id", "1187-1").code == 1
    opa.answers(CLEAN_PACKAGES)
    outcome = run("--run-id", "1187-1", "--on-error", "pass")
    assert (outcome.code, "--source" in outcome.log) == (2, True)


def test_an_old_commit_cannot_be_told(run: Run, opa: Opa, clone: Repository) -> None:
    opa.answers(CLEAN_PACKAGES)
    assert run().code == 0
    clone.commit("Go on", {"a.ts": "1\n"})
    assert run().code == 0
    outcome = run("--head", "HEAD~1")
    assert (outcome.code, "has moved on from this commit" in outcome.log) == (2, True)


def test_a_merge_queue_learns_the_verdict(run: Run, opa: Opa) -> None:
    assert run("--ask", "--wait", "0").code == 2
    opa.answers({**CLEAN_PACKAGES, "security": {"deny": [BLOCKING]}})
    run()
    assert (run("--ask").code, Submission.objects.count()) == (1, 1)
    opa.answers(CLEAN_PACKAGES)
    run()
    assert run("--ask").code == 0


@pytest.mark.parametrize(
    ("flags", "options", "said"),
    [
        ([], {"token": "not-a-token"}, "401"),
        (["--repository", "globex/shop"], {}, "This token may not speak for globex/shop."),
        ([], {"tenant": "nobody"}, "404"),
        ([], {"tenant": "globex"}, "401"),
        (["--scope", "diff", "--run-started-at", "yesterday"], {}, "run_started_at"),
        (["--pr-number", "9999999999"], {}, "pr_number"),
        (["--ask", "--pr-number", "7"], {}, "404"),
    ],
)
def test_a_refusal_cannot_be_told_and_is_never_let_through(
    run: Run, flags: list[str], options: dict[str, str], said: str
) -> None:
    outcome = run(*flags, "--on-error", "pass", **options)
    assert (outcome.code, said in outcome.log) == (2, True)
    assert Submission.objects.count() == 0


def test_results_that_nobody_can_read_cannot_be_told(run: Run, results: Callable[..., list[str]]) -> None:
    outcome = run(*results({"security": {"deny": [7]}}))
    assert (outcome.code, "results.security.deny[0]" in outcome.log) == (2, True)


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (
            [{"filename": "a", "namespace": "security", "failures": [{"msg": "HARD STOP [Security/R01]: x"}]}],
            "conftest",
        ),
        ({"runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"ruleId": "R01", "level": "error"}]}]}, "sarif"),
        ([{"rule_id": "R01", "status": "VIOLATION", "message": "x"}], "checks"),
    ],
)
def test_results_of_other_tools_are_judged(
    run: Run, results: Callable[..., list[str]], content: Any, format: str
) -> None:
    assert run(*results(content, format)).code == 1
    assert Violation.objects.get().rule_id == "R01"


def test_nine_mebibytes_are_judged(run: Run, results: Callable[..., list[str]]) -> None:
    noise = random.Random(7)
    texts = (f"OVERRIDE REQUIRED [R07]: {noise.randbytes(1080).hex()} in src/{number}.ts" for number in range(7_700))
    outcome = run(*results({**CLEAN_PACKAGES, "security": {"deny": list(texts)}}), "--wait", "300")
    assert (outcome.code, "BELOW_THRESHOLD: may not merge." in outcome.log) == (1, True)
    assert "Sending 9." in outcome.log
    assert Violation.objects.count() == 7_700


def test_what_is_over_the_limit_is_refused_with_the_limit(run: Run, results: Callable[..., list[str]]) -> None:
    noise = random.Random(7)
    outcome = run(*results({"security": {"deny": [noise.randbytes(3000).hex() for _ in range(4500)]}}))
    assert (outcome.code, "MiB compressed; the console takes 10" in outcome.log) == (2, True)
    outcome = run(*results({"security": {"deny": [f"R01: {number}" for number in range(25_001)]}}))
    assert (outcome.code, "25,000" in outcome.log) == (2, True)


def test_a_console_whose_workers_are_away_cannot_be_told(run: Run, site: RunningSite, opa: Opa) -> None:
    opa.answers(CLEAN_PACKAGES)
    site.run_only()
    try:
        outcome = run("--wait", "1", "--on-error", "pass", "--run-id", "1")
    finally:
        site.run_only("worker")
    assert (outcome.code, "There is no verdict after 1 s" in outcome.log) == (2, True)
    assert run("--run-id", "1").code == 0


def test_a_healthy_console_is_said_to_be(run: Run) -> None:
    assert run("--health").code == 0
    assert run("--health", token="").code == 0


def test_the_products_own_policies_are_evaluated_by_opa(run: Run, clone: Repository, tmp_path: Path) -> None:
    program = put_opa_into(tmp_path)
    swallowed = "export async function pay() {\n  try {\n    await charge();\n  } catch (error) {}\n}\n"
    clone.commit("Pay", {"apps/api/src/pay.service.ts": swallowed})
    outcome = run("--policies", str(OWN_FOLDER), "--opa", str(program))
    found = Violation.objects.get(rule_id="R07", file_path="apps/api/src/pay.service.ts")
    evaluation = Evaluation.objects.get()
    assert (found.line, evaluation.opa_version != "") == (4, True)
    assert f"R07  apps/api/src/pay.service.ts:4\n      {found.message}\n      -> " in outcome.log
    assert f"Policies {own_pack().revision}, evaluated with OPA" in outcome.log

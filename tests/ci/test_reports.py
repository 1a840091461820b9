"""What is sent: the whole report as the API describes it, and nothing that changes from one try to the next."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compliance.api.envelopes import ReportSerializer
from tests.ci.consoles import QUEUED, RECEIPT, Console, Said
from tests.ci.running import TOKEN, Opa, Outcome, report
from tests.evaluation.repositories import Repository

Check = Callable[..., Outcome]


def test_a_report_holds_what_the_api_asks_for(clone: Repository, console: Console, opa: Opa, check: Check) -> None:
    opa.answers({"security": {"deny": ["HARD STOP [Security/R01]: none"]}})
    said = {"--branch": "feat/x", "--base-branch": "main", "--run-id": "1187-2", "--author": "kim"}
    said |= {"--run-url": "https://ci.test/1", "--pr-url": "https://git.test/42", "--body": "@override:test-coverage"}
    said |= {"--title": "Add basket", "--reward-score": "12.5", "--policy-revision": "a1b2c3", "--source": "nightly"}
    assert check(*(word for flag in said.items() for word in flag)).code == 0
    assert console.report == {
        "repository": "acme/shop", "pr_number": 42, "commit_sha": clone.git("rev-parse", "HEAD"), "branch": "feat/x",
        "base_branch": "main", "title": "Add basket", "author": "kim", "url": "https://git.test/42",
        "run_id": "1187-2", "run_url": "https://ci.test/1", "source": "nightly", "opa_version": "1.10.1",
        "policy_revision": "a1b2c3", "reward_score": 12.5, "changed_files": ["src/basket.ts"], "format": "opa",
        "description": "@override:test-coverage", "results": json.loads((opa.folder / "answer.json").read_text()),
    }  # fmt: skip
    assert ReportSerializer(data=console.report).is_valid(raise_exception=True)


def test_the_same_run_sends_the_same_bytes(console: Console, check: Check) -> None:
    console.posts = [Said(500), RECEIPT]
    check("--run-id", "1")
    check("--run-id", "1")
    assert len({asked.body for asked in console.asked if asked.method == "POST"}) == 1


def test_the_console_is_asked_as_a_browser_would_find_it(console: Console, check: Check) -> None:
    check()
    post = console.asked[0]
    assert post.headers["Host"] == f"acme.localhost:{console.port}"
    assert (post.headers["Authorization"], post.headers["Content-Encoding"]) == (f"Token {TOKEN}", "gzip")
    assert [asked.path for asked in console.asked] == [
        "/api/compliance/reports",
        f"/api/compliance/reports/{QUEUED['id']}",
    ]


def test_flags_win_over_variables(console: Console, check: Check) -> None:
    check("--title", "Flag", env={"FORGE_TITLE": "Variable", "FORGE_AUTHOR": "kim", "FORGE_BRANCH": ""})
    assert (console.report["title"], console.report["author"]) == ("Flag", "kim")
    assert "branch" not in console.report


def test_long_texts_are_cut_to_what_is_taken(console: Console, check: Check) -> None:
    body = "ü" * 60_000
    assert check("--title", "x" * 2000, "--body", body, "--branch", "b" * 400).code == 0
    report = console.report
    assert (len(report["title"]), len(report["branch"]), report["description"]) == (1000, 300, "ü" * 32768)
    assert ReportSerializer(data=report).is_valid(raise_exception=True)


def test_texts_that_are_no_unicode_are_sent_all_the_same(console: Console, check: Check) -> None:
    assert check(env={"FORGE_TITLE": "caf\udce9"}).code == 0
    assert console.report["title"] == "caf?"


@pytest.mark.parametrize(
    ("format", "results"),
    [
        ("opa", {"security": {"deny": []}}),
        ("conftest", [{"filename": "a.yaml", "namespace": "security", "successes": 1}]),
        ("sarif", {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "rules": [{"id": "R01"}]}}}]}),
        ("checks", [{"rule_id": "R01", "status": "PASS"}]),
    ],
)
def test_results_of_other_tools_are_sent_as_they_are(
    tmp_path: Path, console: Console, check: Check, format: str, results: Any
) -> None:
    (tmp_path / "results").write_text(json.dumps(results), encoding="utf-8-sig")
    assert check("--results", str(tmp_path / "results"), "--format", format).code == 0
    assert (console.report["results"], console.report["format"]) == (results, format)
    assert console.report["changed_files"] == ["src/basket.ts"]


def test_results_need_no_clone(tmp_path: Path, console: Console) -> None:
    (tmp_path / "results").write_text("[]")
    flags = ["--url", console.url, "--results", "results", "--format", "conftest", "--repository", "acme/shop"]
    outcome = report(*flags, "--head", "c0ffee", folder=tmp_path)
    assert (outcome.code, console.report["commit_sha"]) == (0, "c0ffee")
    assert "Reported without the list of changed files" in outcome.log


def test_without_a_clone_a_branch_is_no_commit(tmp_path: Path, console: Console) -> None:
    (tmp_path / "results").write_text("[]")
    flags = ["--url", console.url, "--results", "results", "--format", "conftest", "--repository", "acme/shop"]
    assert (report(*flags, "--head", "main", folder=tmp_path).code, console.asked) == (2, [])


def test_a_report_over_the_limit_is_not_sent(tmp_path: Path, console: Console, check: Check) -> None:
    (tmp_path / "results").write_text(json.dumps({"security": {"deny": ["x" * 65 * 1024 * 1024]}}))
    outcome = check("--results", str(tmp_path / "results"), "--format", "opa")
    assert (outcome.code, console.asked) == (2, [])
    assert "The report has 65 MiB; the console takes 64" in outcome.log


@pytest.mark.parametrize("answer", ["", "no JSON", "{}", '{"errors": []}', "[]"])
def test_policies_that_say_nothing_are_no_pass(console: Console, opa: Opa, check: Check, answer: str) -> None:
    opa.answers(answer)
    assert (check().code, console.asked) == (2, [])


def test_policies_that_fail_cannot_be_told(console: Console, opa: Opa, check: Check) -> None:
    opa.answers('{"errors": [{"message": "rego_parse_error: unexpected eof"}]}', code=2)
    outcome = check()
    assert (outcome.code, console.asked) == (2, [])
    assert "rego_parse_error: unexpected eof" in outcome.log


def test_a_machine_without_opa_is_told_so(console: Console, check: Check) -> None:
    outcome = check("--opa", "no-such-opa")
    assert (outcome.code, console.asked) == (2, [])
    assert "Install OPA" in outcome.log


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--url", ""], "Missing: --url or FORGE_URL"),
        (["--policies", "nowhere"], "There are no policies"),
        (["--wait", "long"], "--wait is not a number"),
        (["--wait", "nan"], "--wait is not a number"),
        (["--pr-number", "0"], "--pr-number is not a number"),
        (["--on-error", "ignore"], "--on-error is one of fail, pass"),
        (["--url", "ftp://acme.localhost"], "FORGE_URL is not an address"),
        (["--url", "https://kim:secret@acme.test"], "FORGE_URL is not an address"),
        (["--url", "http://acme.localhost:port"], "FORGE_URL is not an address"),
        (["--url", "http://acme.localhost:1/a b", "--on-error", "pass"], "FORGE_URL is not an address"),
        (["--url", "http://acme.localhost:1/\n", "--on-error", "pass"], "FORGE_URL is not an address"),
        (["--results", "nowhere", "--format", "opa"], "nowhere cannot be read"),
        (["--results", "README.md", "--format", "opa"], "README.md is not JSON"),
        (["--results", "README.md", "--format", "xml"], "--format is one of"),
        (["--unknown"], "a flag or word that is not known"),
    ],
)
def test_what_is_said_wrong_cannot_be_told(console: Console, check: Check, flags: list[str], said: str) -> None:
    outcome = check(*flags)
    assert (outcome.code, console.asked) == (2, [])
    assert said in outcome.log
    assert "Traceback" not in outcome.log

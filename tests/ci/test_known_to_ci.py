"""What GitHub Actions and GitLab CI say by themselves, so that nobody has to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ci.consoles import PASS, Console, Said
from tests.ci.running import Opa, Outcome, report
from tests.evaluation.repositories import Repository

Run = Callable[..., Outcome]


@pytest.fixture
def run(clone: Repository, opa: Opa, policies: Path, console: Console) -> Run:
    """Run the reporter as a CI job would that says nothing but address, token and policies."""

    def run(env: dict[str, str]) -> Outcome:
        told = {"FORGE_URL": console.url, "FORGE_POLICIES": str(policies), **env}
        return report(folder=clone.folder, env=told, path=opa.folder)

    return run


@pytest.fixture
def github(tmp_path: Path) -> Callable[[dict[str, Any]], dict[str, str]]:
    """The environment of a run of GitHub Actions for an event."""

    def environment(event: dict[str, Any]) -> dict[str, str]:
        (tmp_path / "event.json").write_text(json.dumps(event))
        said = {"EVENT_PATH": str(tmp_path / "event.json"), "REPOSITORY": "acme/shop", "RUN_ID": "1187"}
        said |= {"RUN_ATTEMPT": "2", "SERVER_URL": "https://github.test", "ACTOR": "dana", "REF_NAME": "main"}
        return {"GITHUB_ACTIONS": "true", **{f"GITHUB_{name}": value for name, value in said.items()}}

    return environment


def pull_request(clone: Repository, **fields: Any) -> dict[str, Any]:
    head = {"sha": clone.git("rev-parse", "HEAD"), "ref": "feat/x"}
    base = {"sha": clone.git("rev-parse", "base"), "ref": "main"}
    page = "https://github.test/acme/shop/pull/42"
    return {
        "pull_request": {
            "number": 42, "title": "Add basket", "body": "@override:test-coverage", "user": {"login": "kim"},
            "html_url": page, "head": head, "base": base, **fields,
        }
    }  # fmt: skip


def known(console: Console) -> dict[str, Any]:
    """The envelope that was sent."""
    return {name: value for name, value in console.report.items() if name not in ("results", "policy_revision")}


def test_github_knows_all_about_a_pull_request(clone: Repository, console: Console, run: Run, github: Any) -> None:
    event = pull_request(clone)
    clone.commit("What GitHub merged for the run", {"merged.ts": "1\n"})
    assert run(github(event) | {"GITHUB_SHA": clone.git("rev-parse", "HEAD")}).code == 0
    assert known(console) == {
        "repository": "acme/shop", "pr_number": 42, "commit_sha": event["pull_request"]["head"]["sha"],
        "branch": "feat/x", "base_branch": "main", "title": "Add basket", "author": "kim", "run_id": "1187-2",
        "description": "@override:test-coverage", "url": "https://github.test/acme/shop/pull/42", "format": "opa",
        "run_url": "https://github.test/acme/shop/actions/runs/1187/attempts/2", "opa_version": "1.10.1",
        "changed_files": ["src/basket.ts"],
    }  # fmt: skip


def test_policies_see_the_pull_requests_words(clone: Repository, opa: Opa, run: Run, github: Any) -> None:
    run(github(pull_request(clone, body=None)))
    words = {name: value for name, value in opa.asked.items() if name != "changed_files"}
    # A commit's words, which anybody may write into a branch, do not take a description's place.
    assert words == {"pr_number": 42, "pr_title": "Add basket", "pr_body": "", "author": "kim"}


def test_a_push_is_about_the_default_branch(clone: Repository, console: Console, run: Run, github: Any) -> None:
    commit = {"message": "Add basket\n\nFor customers.", "author": {"username": "kim"}}
    event = {"before": clone.git("rev-parse", "base"), "head_commit": commit}
    assert run(github(event) | {"GITHUB_SHA": clone.git("rev-parse", "HEAD")}).code == 0
    sent = known(console)
    assert "pr_number" not in sent
    assert (sent["branch"], sent["title"], sent["author"]) == ("main", "Add basket", "kim")
    assert (sent["description"], sent["changed_files"]) == ("For customers.", ["src/basket.ts"])


def test_a_merge_queue_asks_for_the_verdict_of_its_pull_request(console: Console, run: Run, github: Any) -> None:
    group = {"head_ref": "refs/heads/gh-readonly-queue/main/pr-42-0123456789abcdef0123456789abcdef01234567"}
    console.gets = [Said(200, {name: value for name, value in PASS.items() if name != "status"})]
    assert run(github({"merge_group": group})).code == 0
    assert [asked.path for asked in console.asked] == ["/api/compliance/pr/42?repository=acme%2Fshop"]


def test_a_merge_queue_without_a_number_cannot_be_told(console: Console, run: Run, github: Any) -> None:
    assert run(github({"merge_group": {"head_ref": "refs/heads/other"}})).code == 2
    assert console.asked == []


@pytest.mark.parametrize("event", [{}, {"schedule": "0 * * * *"}, {"pull_request": None}])
def test_an_event_without_a_change_is_told_what_to_say(console: Console, run: Run, github: Any, event: Any) -> None:
    outcome = run(github(event))
    assert (outcome.code, console.asked) == (2, [])
    assert "Missing: --base or FORGE_BASE" in outcome.log


def gitlab(clone: Repository, **more: str) -> dict[str, str]:
    said = {
        "PROJECT_PATH": "acme/fork",
        "COMMIT_SHA": clone.git("rev-parse", "HEAD"),
        "PIPELINE_ID": "5",
        "JOB_ID": "7",
    }
    said |= {"JOB_URL": "https://gitlab.test/-/jobs/7", "JOB_STARTED_AT": "2026-11-23T09:00:00Z", **more}
    return {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "kim", **{f"CI_{name}": value for name, value in said.items()}}


def test_gitlab_knows_all_about_a_merge_request(clone: Repository, console: Console, run: Run) -> None:
    head = clone.git("rev-parse", "HEAD")
    said = {"IID": "42", "PROJECT_PATH": "acme/shop", "DIFF_BASE_SHA": clone.git("rev-parse", "base")}
    said |= {"SOURCE_BRANCH_NAME": "feat/x", "TARGET_BRANCH_NAME": "main", "TITLE": "Add basket"}
    said |= {"DESCRIPTION": "Why", "PROJECT_URL": "https://gitlab.test/acme/shop", "SOURCE_BRANCH_SHA": head}
    clone.commit("What GitLab merged for the run", {"merged.ts": "1\n"})
    assert run(gitlab(clone, **{f"MERGE_REQUEST_{name}": value for name, value in said.items()})).code == 0
    assert known(console) == {
        "repository": "acme/shop", "pr_number": 42, "commit_sha": head, "branch": "feat/x", "base_branch": "main",
        "title": "Add basket", "author": "kim", "run_id": "5-7", "run_url": "https://gitlab.test/-/jobs/7",
        "run_started_at": "2026-11-23T09:00:00Z", "description": "Why", "format": "opa", "opa_version": "1.10.1",
        "url": "https://gitlab.test/acme/shop/-/merge_requests/42", "changed_files": ["src/basket.ts"],
    }  # fmt: skip


def test_a_gitlab_push_is_about_the_default_branch(clone: Repository, console: Console, run: Run) -> None:
    said = {"COMMIT_BEFORE_SHA": clone.git("rev-parse", "base"), "COMMIT_BRANCH": "main", "COMMIT_TITLE": "Add basket"}
    assert run(gitlab(clone, **said)).code == 0
    assert "pr_number" not in console.report
    assert (console.report["branch"], console.report["repository"]) == ("main", "acme/fork")


def test_elsewhere_a_run_has_an_id_of_its_own(clone: Repository, console: Console, run: Run) -> None:
    said = {"FORGE_REPOSITORY": "acme/shop", "FORGE_BASE": "base"}
    run(said)
    first = console.report["run_id"]
    run(said)
    assert console.report["run_id"] != first
    assert (console.report["title"], console.report["author"]) == ("Add basket", "Mira Okafor")

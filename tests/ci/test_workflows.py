"""What is there to be pasted: valid where it goes, naming only what exists, and safe from the texts of a change."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.consoles import BLOCKED, Console, Said
from tests.ci.running import REPORTER, ROOT, TOKEN, Opa
from tests.evaluation.repositories import Repository

CI = ROOT / "ci"
WORKFLOWS = sorted((CI / "github").glob("*.yml"))
GITLAB = CI / "gitlab" / ".gitlab-ci.yml"
ACTION = "your-org/forge-console/ci@v1"


def read(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text())
    return document


def triggers(workflow: dict[Any, Any]) -> dict[str, Any]:
    """YAML 1.1 takes the word on for true."""
    on: dict[str, Any] = workflow[True]
    return on


def steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def variables() -> set[str]:
    """Every variable that the reporter reads."""
    shown = subprocess.run([sys.executable, REPORTER, "--help"], capture_output=True, check=True, text=True).stdout
    return {"FORGE_" + flag.upper().replace("-", "_") for flag in re.findall(r"^  --([a-z-]+)", shown, re.MULTILINE)}


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [CI / "action.yml"]),
        ("vendor.gitlab-ci", [GITLAB]),
    ],
    ids=["workflows", "action", "gitlab"],
)
def test_what_is_pasted_is_valid_where_it_goes(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (len(files) > 0, checked.returncode) == (True, 0), checked.stdout


def test_there_is_a_workflow_for_each_event_that_needs_one() -> None:
    assert {path.name: sorted(triggers(read(path))) for path in WORKFLOWS} == {
        "forge.yml": ["pull_request", "push"],
        "forge-forks.yml": ["pull_request_target", "push"],
        "forge-health.yml": ["schedule", "workflow_dispatch"],
        "forge-merge-queue.yml": ["merge_group"],
    }


def test_a_merge_queue_waits_for_the_check_that_a_pull_request_has() -> None:
    jobs = [list(read(CI / "github" / f"{name}.yml")["jobs"]) for name in ("forge", "forge-forks", "forge-merge-queue")]
    assert jobs == [["forge"], ["forge"], ["forge"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_gives_the_action_what_it_knows(path: Path) -> None:
    inputs = read(CI / "action.yml")["inputs"]
    required = {name for name, stated in inputs.items() if stated.get("required")}
    (used,) = [step for step in steps(read(path)) if step.get("uses") == ACTION]
    assert required <= set(used["with"]) <= set(inputs)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_ends(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert all(job["timeout-minutes"] <= 15 for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", ["forge", "forge-forks"])
def test_a_check_has_the_whole_history(path: str) -> None:
    (checkout,) = [
        step for step in steps(read(CI / "github" / f"{path}.yml")) if "actions/checkout" in step.get("uses", "")
    ]
    assert checkout["with"]["fetch-depth"] == 0


def test_what_runs_with_secrets_for_forks_checks_out_nothing_of_theirs() -> None:
    workflow = read(CI / "github" / "forge-forks.yml")
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    assert scripts == ['git fetch --no-tags origin "$BASE" "refs/pull/$NUMBER/head"']
    assert not [step for step in steps(workflow) if "ref" in step.get("with", {})]


@pytest.mark.parametrize("path", [*WORKFLOWS, CI / "action.yml"], ids=lambda path: path.stem)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    document = read(path)
    listed = document["runs"]["steps"] if "runs" in document else steps(document)
    assert not [step["run"] for step in listed if "${{" in step.get("run", "")]


def test_the_action_hands_every_input_to_a_variable_of_the_reporter() -> None:
    action = read(CI / "action.yml")
    (step,) = action["runs"]["steps"]
    assert set(step["env"]) <= variables()
    handed = {re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1] for value in step["env"].values()}  # type: ignore[index]
    assert handed == set(action["inputs"])
    named = {value["value"] for value in action["outputs"].values()}
    assert named == {f"${{{{ steps.report.outputs.{name} }}}}" for name in action["outputs"]}


def test_gitlab_names_only_what_the_reporter_has() -> None:
    jobs = read(GITLAB)
    own = set(jobs[".forge"]["variables"]) | {"FORGE_URL", "FORGE_TOKEN"}
    assert {name for name in own if name.startswith("FORGE_")} - variables() == {"FORGE_VERSION", "FORGE_CONSOLE"}
    flags = {flag for job in jobs.values() for line in job.get("script", []) for flag in _flags(line)}
    assert flags == {"--health"}
    assert f"FORGE_{'health'.upper()}" in variables()


def _flags(line: str) -> list[str]:
    return re.findall(r"--[a-z-]+", line.partition("forge_report.py")[2])


def test_gitlab_checks_merge_requests_and_the_default_branch_and_nothing_else() -> None:
    jobs = read(GITLAB)
    assert [rule["if"] for rule in jobs["forge"]["rules"]] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
    ]
    assert jobs[".forge"]["variables"]["GIT_DEPTH"] == "0"
    assert jobs[".forge"]["variables"]["FORGE_POLICIES"].endswith("/compliance/policies")


def test_the_documentation_shows_what_is_there() -> None:
    text = (ROOT / "docs" / "ci.md").read_text()
    assert {path for path in re.findall(r"\]\(\.\./(ci/[^)]+)\)", text) if not (ROOT / path).exists()} == set()
    assert {path.name for path in WORKFLOWS} <= set(re.findall(r"[a-z-]+\.yml", text))
    assert set(re.findall(r"\bFORGE_[A-Z_]+", text)) <= variables() | {"FORGE_VERSION", "FORGE_CONSOLE"}
    assert {f"--{flag}" for flag in re.findall(r"^\| `--([a-z-]+)", text, re.MULTILINE)} == {
        "--" + name.removeprefix("FORGE_").lower().replace("_", "-") for name in variables()
    }


def run_action(folder: Path, inputs: dict[str, str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the action's step as a runner does."""
    action = read(CI / "action.yml")
    (step,) = action["runs"]["steps"]
    defaults = {name: stated.get("default", "") for name, stated in action["inputs"].items()}
    given = {name: (defaults | inputs)[value[len("${{ inputs.") : -len(" }}")]] for name, value in step["env"].items()}
    runner = {"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(CI), **env}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, cwd=folder, env=given | runner, capture_output=True, text=True, check=False)


def test_the_action_runs(clone: Repository, opa: Opa, console: Console, tmp_path: Path) -> None:
    console.gets = [Said(200, BLOCKED)]
    path = f"{opa.folder}{os.pathsep}{os.environ['PATH']}"
    runner = {"PATH": path, "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_REPOSITORY": "acme/shop"}
    inputs = {"url": console.url, "token": TOKEN, "base": "base", "head": "HEAD", "pr-number": "42"}
    done = run_action(clone.folder, inputs, runner)
    assert (done.returncode, console.report["pr_number"]) == (1, 42)
    assert (tmp_path / "output").read_text().startswith("verdict=BLOCKED\nscore=90\n")
    # The policies that came with the action.
    assert "error-handling.rego" in opa.saw("files")


@pytest.mark.parametrize(("input", "asked"), [("ask", "/api/compliance/pr/42"), ("health", "/healthz")])
def test_the_action_asks_without_reporting(clone: Repository, console: Console, input: str, asked: str) -> None:
    console.gets = [Said(200, {"status": "ok"}), Said(404, {"status": 404})] if input == "health" else console.gets
    runner = {"PATH": os.environ["PATH"], "GITHUB_REPOSITORY": "acme/shop"}
    inputs = {"url": console.url, "token": TOKEN, "pr-number": "42", input: "true"}
    assert run_action(clone.folder, inputs, runner).returncode == 0
    assert console.asked[0].path.partition("?")[0] == asked
    assert {asked.method for asked in console.asked} == {"GET"}


@pytest.fixture
def health(clone: Repository, console: Console) -> Callable[..., int]:
    """The exit code of the health check over these answers of the console."""

    def check(*answers: Said) -> int:
        console.gets = list(answers)
        inputs = {"url": console.url, "token": TOKEN, "health": "true"}
        # What cannot be reached is not healthy, whatever a pull request's check makes of it.
        inputs |= {"on-error": "pass"}
        env = {"PATH": os.environ["PATH"], "FORGE_RETRY": "0"}
        return run_action(clone.folder, inputs, env).returncode

    return check


def test_the_health_check_fails_unless_all_is_well(health: Callable[..., int]) -> None:
    alive = Said(200, {"status": "ok"})
    states = {state: health(alive, Said(200, {"status": state})) for state in ("healthy", "degraded", "unhealthy", "")}
    assert states == {"healthy": 0, "degraded": 0, "unhealthy": 1, "": 1}
    assert health(Said(503, {"status": "unavailable"})) == 2
    assert health(alive, Said(503, {"status": "unhealthy"})) == 2
    assert health(Said(200, b"<html>")) == 2


def test_a_change_of_a_fork_is_reported_from_a_clone_that_never_holds_it(
    clone: Repository, opa: Opa, console: Console, tmp_path: Path
) -> None:
    clone.git("update-ref", "refs/pull/42/head", "HEAD")
    head, base = clone.git("rev-parse", "HEAD"), clone.git("rev-parse", "base")
    clone.git("reset", "-q", "--hard", "base")
    later = clone.commit("Later", {"later.ts": "1\n"})
    subprocess.run(["git", "clone", "-q", f"file://{clone.folder}", tmp_path / "runner"], check=True)
    (script,) = [step["run"] for step in steps(read(CI / "github" / "forge-forks.yml")) if "run" in step]
    known = {"PATH": f"{opa.folder}{os.pathsep}{os.environ['PATH']}", "NUMBER": "42", "BASE": later}
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path / "runner", env=known, check=True, capture_output=True)
    inputs = {"url": console.url, "token": TOKEN, "base": base, "head": head, "pr-number": "42"}
    done = run_action(tmp_path / "runner", inputs, {**known, "GITHUB_REPOSITORY": "acme/shop"})
    assert (done.returncode, console.report["commit_sha"]) == (0, head)
    assert console.report["changed_files"] == ["src/basket.ts"]
    assert not (tmp_path / "runner" / "src").exists()

"""``manage.py evaluate``: a change is judged without CI."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests import factories
from tests.evaluation.repositories import Repository
from tests.running import ROOT, RunningSite

pytestmark = pytest.mark.long

POLICIES = {
    "security.rego": """
package compliance.security

deny contains finding if {
    some file in input.changed_files
    contains(file.diff, "findMany()")
    not exempt(file.path)
    finding := {
        "rule": "R01",
        "severity": "BLOCK",
        "file": file.path,
        "line": input.coverage.line,
        "message": "A query without its tenant",
        "remediation": "Scope it.",
    }
}

exempt(path) if path in data.exemptions.files
""",
    "architecture.rego": "package compliance.architecture\n\nwarn contains m if {\n    false\n    m := 1\n}\n",
}
BLOCKED = """\
BLOCK  R01 Tenant Isolation
  src/a.ts:3
    A query without its tenant
  src/b.ts:3
    A query without its tenant
    → Scope it.

3 changed files: 2 BLOCK, 0 OVERRIDE, 0 WARNING · score 80 of 100
BLOCKED: would not merge
  2 BLOCK violations are live without an approved override. Fix them, or have an override approved for them.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A branch that breaks R01 twice, and policies that see it."""
    for name, source in POLICIES.items():
        (tmp_path / "pack").mkdir(exist_ok=True)
        (tmp_path / "pack" / name).write_text(source)
    (tmp_path / "coverage.json").write_text(json.dumps({"line": 3}))
    repository = Repository(tmp_path / "shop")
    repository.branch("feature")
    repository.commit("Add basket", {"src/a.ts": "db.findMany()\n", "src/b.ts": "db.findMany()\n", "src/c.ts": "c\n"})
    return repository


def evaluate(repository: Repository, *argv: str) -> tuple[int, str]:
    """Exit code and output."""
    tmp_path, out = repository.folder.parent, io.StringIO()
    beside = ["--policies", str(tmp_path / "pack"), "--coverage", str(tmp_path / "coverage.json")]
    try:
        call_command("evaluate", "--repo", str(repository.folder), *beside, *argv, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    raise AssertionError("it ended without an exit code")


def test_a_change_that_breaks_a_blocking_rule_would_not_merge(repository: Repository) -> None:
    assert evaluate(repository, "--base", "main") == (1, BLOCKED)


def test_a_clean_change_may_merge(repository: Repository) -> None:
    repository.commit("Mend", {"src/a.ts": "a\n", "src/b.ts": "b\n"})
    summary = "3 changed files: 0 BLOCK, 0 OVERRIDE, 0 WARNING · score 100 of 100\nPASS: may merge\n"
    assert evaluate(repository, "--base", "main", "--head", "feature") == (0, summary)


def test_exemptions_stand_beside_the_policies(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps({"exemptions": {"files": ["src/a.ts", "src/b.ts"]}}))
    assert evaluate(repository, "--base", "main", "--data", str(tmp_path / "data.json"))[0] == 0


def test_a_pack_that_leaves_a_blocking_rule_out_cannot_pass_a_change(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "pack" / "architecture.rego").unlink()
    repository.commit("Mend", {"src/a.ts": "a\n", "src/b.ts": "b\n"})
    code, said = evaluate(repository, "--base", "main")
    assert (code, said.splitlines()[1]) == (1, "INCOMPLETE: would not merge")


def test_programs_read_the_document(repository: Repository) -> None:
    code, said = evaluate(repository, "--base", "main", "--json")
    document = json.loads(said)
    assert (code, [found["file"] for found in document["security"]["deny"]]) == (1, ["src/a.ts", "src/b.ts"])
    assert document["architecture"] == {"warn": []}


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["--base", "nope"], "has no revision nope"),
        (["--base", "main", "--data", "/nowhere.json"], "/nowhere.json cannot be read"),
        (["--base", "main", "--policies", "/nowhere"], "There are no policies"),
        (["--base", "main", "--post"], "To post, --url and --token and --number must be said too."),
        (["--base", "main", "--post", "--url=x", "--token=t", "--number=1"], "names no repository"),
    ],
)
def test_what_cannot_be_told_is_exit_code_2(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, argv: list[str], complaint: str
) -> None:
    monkeypatch.delenv("FORGE_URL", raising=False)
    monkeypatch.delenv("FORGE_TOKEN", raising=False)
    with pytest.raises(CommandError, match=complaint) as failed:
        evaluate(repository, *argv)
    assert failed.value.returncode == 2


def test_it_runs_without_any_server(repository: Repository) -> None:
    argv = ["--repo", str(repository.folder), "--base", "main", "--policies", str(repository.folder.parent / "pack")]
    nowhere = {
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PATH": "/usr/bin:/bin",
    }
    run = subprocess.run([sys.executable, "manage.py", "evaluate", *argv], cwd=ROOT, env=nowhere, capture_output=True)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, b"PASS: may merge")


def test_a_posted_change_gets_the_consoles_verdict(repository: Repository, committed: None, tmp_path: Path) -> None:
    token = factories.ci_token()
    repository.git("remote", "add", "origin", "git@git.example.com:acme/shop.git")
    with RunningSite(tmp_path, runs=("web", "inbox")) as site:
        where = ["--post", "--url", f"http://acme.localhost:{site.port}", "--token", token, "--number", "7"]
        assert evaluate(repository, "--base", "main", *where)[0] == 1
        answer: Any = site.get("acme", "/api/compliance/pr/7?repository=acme/shop", token=token).document
    assert {key: answer[key] for key in ("verdict", "score", "title", "author")} == {
        "verdict": "BLOCKED",
        "score": 80,
        "title": "Add basket",
        "author": "Mira Okafor",
    }

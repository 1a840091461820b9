"""CI images are old at times: the reporter runs on Python 3.8, and on nothing but what comes with it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.ci.consoles import BLOCKED, Console, Said
from tests.ci.running import REPORTER, Opa, report
from tests.evaluation.repositories import Repository


def oldest() -> str:
    """The oldest Python here that the reporter promises to run on."""
    for minor in range(8, 11):
        for found in _found(f"python3.{minor}", f".pyenv/versions/3.{minor}.*/bin/python"):
            asked = subprocess.run([found, "-c", "import sys; print(sys.version_info[1])"], capture_output=True)
            if asked.stdout.decode().strip() == str(minor):
                return found
    pytest.skip("There is no Python 3.8, 3.9 or 3.10 here; the linter still holds the syntax to 3.8.")


def _found(name: str, pattern: str) -> Iterator[str]:
    if found := which(name):
        yield found
    yield from map(str, Path.home().glob(pattern))


@pytest.mark.parametrize(("answer", "code"), [(Said(503, {}), 2), (Said(200, BLOCKED), 1)])
def test_the_reporter_runs_on_old_pythons(
    clone: Repository, opa: Opa, policies: Path, console: Console, answer: Said, code: int
) -> None:
    opa.answers({"security": {"deny": [{"rule": "R01", "message": "x", "file": "a.ts", "line": 1}]}})
    console.gets = [answer]
    said = ["--url", console.url, "--policies", str(policies), "--base", "base", "--repository", "acme/shop"]
    outcome = report(*said, "--wait", "0", folder=clone.folder, path=opa.folder, python=oldest())
    assert outcome.code == code, outcome.log
    assert "Unexpected" not in outcome.log


def test_nothing_has_to_be_installed_for_it() -> None:
    tree = ast.parse(REPORTER.read_text(), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names

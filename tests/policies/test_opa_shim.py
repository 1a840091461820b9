"""The ``opa`` that tests put on the PATH: the command line of OPA as CI jobs use it, over both engines."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.policies.opa_environment import put_opa_into, real_opa

POLICY = """
package compliance.security

deny contains {"rule": "R01", "file": file.path} if {
    some file in input.changed_files
    not exempt(file.path)
}

exempt(path) if path in data.exemptions.files
"""
CHANGE = {"changed_files": [{"path": "src/größe 'a'.ts"}, {"path": "src/old.ts"}]}


@pytest.fixture(params=["opa", "regorus"])
def opa(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shim over each engine, and a pack with one policy in ``pack``."""
    if request.param == "opa" and real_opa() is None:
        pytest.skip("the real OPA engine is not installed and PyPI does not answer")
    if request.param == "regorus":
        monkeypatch.setenv("REGO_IN_PROCESS", "1")
    (tmp_path / "pack" / "exemptions").mkdir(parents=True)
    (tmp_path / "pack" / "security.rego").write_text(POLICY)
    (tmp_path / "input.json").write_text(json.dumps(CHANGE))
    return put_opa_into(tmp_path)


def run(opa: Path, *argv: str, stdin: str = "") -> tuple[int, Any]:
    path = f"{opa.parent}{os.pathsep}{os.environ['PATH']}"
    command = subprocess.run(
        ["opa", *argv], cwd=opa.parent, input=stdin, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    return command.returncode, json.loads(command.stdout) if command.stdout.startswith("{") else command.stdout


def found(files: list[str]) -> dict[str, Any]:
    deny = [{"rule": "R01", "file": file} for file in files]
    value = {"security": {"deny": deny}}
    return {
        "result": [{"expressions": [{"value": value, "text": "data.compliance", "location": {"row": 1, "col": 1}}]}]
    }


def test_it_evaluates_a_folder_over_a_file(opa: Path) -> None:
    answer = run(opa, "eval", "--format", "json", "-d", "pack", "-i", "input.json", "data.compliance")
    assert answer == (0, found(["src/größe 'a'.ts", "src/old.ts"]))


def test_it_reads_the_input_from_stdin(opa: Path) -> None:
    asked = ["eval", "--format=json", "--data", "pack", "--stdin-input", "data.compliance"]
    assert run(opa, *asked, stdin=json.dumps({"changed_files": [{"path": "a"}]})) == (0, found(["a"]))


def test_data_files_stand_under_the_names_of_their_folders(opa: Path) -> None:
    (opa.parent / "pack/exemptions/data.json").write_text(json.dumps({"files": ["src/old.ts"]}))
    answer = run(opa, "eval", "-d", "pack", "-i", "input.json", "data.compliance")
    assert answer == (0, found(["src/größe 'a'.ts"]))


def test_what_is_not_defined_is_an_empty_answer(opa: Path) -> None:
    assert run(opa, "eval", "-d", "pack", "-i", "input.json", "data.nothing") == (0, {})


def test_policies_that_are_no_rego_are_exit_code_2(opa: Path) -> None:
    (opa.parent / "pack/broken.rego").write_text("package broken\nfoo {")
    code, answer = run(opa, "eval", "-d", "pack", "-i", "input.json", "data.compliance")
    assert (code, list(answer)) == (2, ["errors"])
    assert "broken.rego:2" in answer["errors"][0]["message"]


def test_a_folder_that_is_not_there_is_exit_code_1(opa: Path) -> None:
    assert run(opa, "eval", "-d", "nowhere", "-i", "input.json", "data.compliance") == (1, "")


def test_it_says_which_engine_it_is(opa: Path) -> None:
    code, said = run(opa, "version")
    engine = "regorus (gordon-to-regorus)" if "REGO_IN_PROCESS" in os.environ else "OPA (opa-golib-python-bindings)"
    assert (code, said.splitlines()[1]) == (0, f"Engine: {engine}")
    assert said.startswith("Version: 1.")

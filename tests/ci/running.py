"""The reporter as CI runs it: a process with an environment and an ``opa`` on the PATH."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
REPORTER = ROOT / "ci" / "forge_report.py"
TOKEN = "s3cr3t-0f-ci"
# It says what it was asked, and answers what the test has put beside it.
_OPA = """#!/bin/sh
cd "${0%/*}"
if [ "$1" = version ]; then echo "Version: 1.10.1"; exit; fi
printf '%s\\n' "$@" >arguments
env >environment
ls -R "$5" >files
cat >input.json
cat answer.json
exit "$(cat code)"
"""


class Outcome(NamedTuple):
    """What a run came to."""

    code: int
    log: str


class Opa:
    """A program named ``opa`` that keeps what it is asked and answers what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "opa").write_text(_OPA)
        (folder / "opa").chmod(0o755)
        self.answers({"security": {"deny": []}})

    def answers(self, packages: Any, code: int = 0) -> None:
        """Let it answer with this value of ``data.compliance``, or (a string) with this text."""
        document = {"result": [{"expressions": [{"value": packages, "text": "data.compliance"}]}]}
        text = packages if isinstance(packages, str) else json.dumps(document)
        (self.folder / "answer.json").write_text(text)
        (self.folder / "code").write_text(str(code))

    @property
    def asked(self) -> dict[str, Any]:
        """The input of the last evaluation."""
        asked: dict[str, Any] = json.loads((self.folder / "input.json").read_bytes())
        return asked

    def saw(self, name: str) -> list[str]:
        """Its ``arguments``, ``environment`` or policy ``files`` in the last evaluation."""
        return (self.folder / name).read_text().splitlines()


def report(
    *flags: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    path: Path | None = None,
    python: str = sys.executable,
    token: str = TOKEN,
) -> Outcome:
    """Run the reporter in a folder, with the test's own environment only; ``path`` goes before the PATH."""
    searched = os.pathsep.join([*([str(path)] if path else []), os.environ["PATH"]])
    environment = {"PATH": searched, "FORGE_TOKEN": token, "LANG": "C.UTF-8", **(env or {})}
    command = [python, "-X", "dev", "-W", "error", str(REPORTER), *flags]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False
    )
    return Outcome(done.returncode, done.stdout.decode())

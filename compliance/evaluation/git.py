"""Git as a program that reads: no hook, no filter, no helper and no setting of the repository takes part."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import DomainError

TIMEOUT_SECONDS = 120


class Unreadable(DomainError):
    """The repository, or a revision in it, cannot be read; the message says what to do about it."""


class Git:
    """One repository.

    Args:
        repository: the folder, or one beneath it.

    Raises:
        Unreadable: git is not installed, or ``repository`` is no git repository.
    """

    def __init__(self, repository: Path) -> None:
        self._folder = str(repository)
        if not repository.is_dir():
            raise Unreadable("no_repository", f"{repository} is no folder.")
        answer = self._run(["git", "rev-parse", "--absolute-git-dir"], cwd=self._folder)
        if answer.returncode:
            raise Unreadable("no_repository", f"{repository} cannot be read as a git repository: {_said(answer)}")
        self._git_dir = _text(answer)

    def commit(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            Unreadable: there is no such commit here.
        """
        # --end-of-options: a revision that begins with a dash is still a revision.
        answer = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if answer.returncode:
            raise Unreadable("no_revision", f"{self._folder} has no revision {revision}. {self._advice()}")
        return _text(answer)

    def merge_base(self, base: str, head: str) -> str:
        """Where two commits parted.

        Raises:
            Unreadable: they have no history in common here.
        """
        answer = self.ask("merge-base", base, head)
        if answer.returncode:
            raise Unreadable(
                "no_merge_base", f"{base[:12]} and {head[:12]} have no commit in common here. {self._advice()}"
            )
        return _text(answer)

    def read(self, *argv: str) -> bytes:
        """What a command prints.

        Raises:
            Unreadable: it fails.
        """
        answer = self.ask(*argv)
        if answer.returncode:
            raise Unreadable("git_failed", f"git {argv[0]} failed: {_said(answer)}. {self._advice()}")
        return answer.stdout

    def ask(self, *argv: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a command, away from the files that are checked out.

        A change may bring its own ``.gitattributes``, which could declare code binary and so hide it from the
        policies: in an empty folder with no index there are none.
        """
        with tempfile.TemporaryDirectory(prefix="forge-git-") as nowhere:
            where = {"GIT_DIR": self._git_dir, "GIT_WORK_TREE": nowhere, "GIT_INDEX_FILE": f"{nowhere}/index"}
            return self._run(["git", *_SETTINGS, *argv], cwd=nowhere, env=where)

    def _run(
        self, command: Sequence[str], *, cwd: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        environment = {**_environment(), **(env or {})}
        try:
            return subprocess.run(  # noqa: S603  # no shell, and no argument can be an option
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
            )
        except FileNotFoundError as error:
            raise Unreadable("no_git", "git is not on the PATH: install it (on Debian: apt install git).") from error
        except subprocess.TimeoutExpired as error:
            raise Unreadable("git_failed", f"{' '.join(command[:1])} took more than {TIMEOUT_SECONDS} s.") from error

    def _advice(self) -> str:
        """What brings a missing commit here."""
        if _text(self.ask("rev-parse", "--is-shallow-repository")) == "true":
            return (
                "The clone is shallow: fetch the history, with `git fetch --unshallow` or, in a workflow, "
                "`fetch-depth: 0`."
            )
        return (
            "Fetch it first, as in `git fetch origin main`, and name it as git knows it: origin/main, a tag, a commit."
        )


# What a repository's own configuration could run or change.
_SETTINGS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "diff.suppressBlankEmpty=false"),
    *("-c", "protocol.allow=never"),
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
)


def _environment() -> dict[str, str]:
    """Ours, without what points git elsewhere; where its settings stand remains, for ``safe.directory``."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith("GIT_CONF")
    }
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}


def _text(answer: "subprocess.CompletedProcess[bytes]") -> str:
    return os.fsdecode(answer.stdout.removesuffix(b"\n"))


def _said(answer: "subprocess.CompletedProcess[bytes]") -> str:
    """What git complains of, in one line."""
    return " ".join(answer.stderr.decode(errors="replace").split()).removeprefix("fatal: ").rstrip(".")

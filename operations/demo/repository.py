"""The sample repository as git has it: made once, in one go, with commits that lie weeks back."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree, which
from typing import Any, NamedTuple

from operations.demo.stories import MAIN, Commit, Story

# One file that is written last: a folder without it was not finished, and is made anew.
_RUNS = "runs.json"
_DAY = timedelta(days=1)
_QUEUE = timedelta(minutes=4)


class NoGitError(Exception):
    """There is no git, or it does not do what it is asked; the message says what to do."""


class Run(NamedTuple):
    """One run of CI: what it looked at, and when."""

    number: int | None
    """Of the pull request; None is a push to main."""
    branch: str
    base: str
    head: str
    at: str
    """ISO 8601."""
    title: str
    body: str
    author: str
    figures: Mapping[str, Any]
    ends: str = ""
    """What became of the pull request after it: ``merged``, ``closed`` or nothing yet."""
    ended_at: str = ""
    newest: bool = False
    """Of an open pull request's last commit, run again now: what CI posts when the demo starts."""


def check_git() -> None:
    """Make sure that git is there.

    Raises:
        NoGitError: it is not.
    """
    if which("git") is None:
        raise NoGitError(
            "The demo needs git, which is not on the PATH: it makes a small repository and evaluates its branches. "
            "Install it (on Debian: apt install git), or post results of your own: make demo REPORTS=folder"
        )


def make_repository(folder: Path, stories: Sequence[Story], *, now: datetime) -> list[Run]:
    """Make the repository, or take it as it was made; returns the runs of CI in the order of time.

    Args:
        now: what the stories' days count back from.

    Raises:
        NoGitError: git fails.
    """
    known = folder / ".git" / _RUNS
    if not known.exists():
        rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        writing = _Writing(stories, now)
        _git(folder, "init", "--quiet", "--template=")
        _git(folder, "symbolic-ref", "HEAD", f"refs/heads/{MAIN}")
        _git(folder, "fast-import", "--quiet", "--export-marks=.git/marks", stdin=b"".join(writing.stream()))
        _git(folder, "reset", "--quiet", "--hard", MAIN)
        marks = dict(line.split() for line in (folder / ".git" / "marks").read_text().splitlines())
        runs = [run._replace(base=marks[run.base], head=marks[run.head]) for run in writing.runs]
        known.write_text(json.dumps([run._asdict() for run in runs]))
    return [Run(**run) for run in json.loads(known.read_text())]


def _git(folder: Path, *argv: str, stdin: bytes = b"") -> None:
    nobodys = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**nobodys, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    run = subprocess.run(["git", *argv], cwd=folder, env=environment, input=stdin, capture_output=True)  # noqa: S603, S607
    if run.returncode:
        said = run.stderr.decode(errors="replace").strip()
        raise NoGitError(f"The sample repository cannot be made in {folder}: git {argv[0]} says: {said}")


class _Writing:
    """One stream for ``git fast-import``, and the runs that its commits set off. Commits are known by their marks."""

    def __init__(self, stories: Sequence[Story], now: datetime) -> None:
        self._stories = stories
        self._now = now.astimezone(UTC).replace(microsecond=0)
        self._marks = 0
        self._heads: dict[str, str] = {}
        self._began_at: dict[str, str] = {}
        self._bodies: dict[str, str] = {}
        self.runs: list[Run] = []

    def stream(self) -> Iterator[bytes]:
        """The commits in the order of time, which is the order in which main moves beneath the branches."""
        events = [(self._now - commit.ago, story, commit) for story in self._stories for commit in story.commits] + [
            (self._now - story.commits[-1].ago + _DAY, story, None) for story in self._stories if story.ends
        ]
        for at, story, commit in sorted(events, key=lambda event: event[0]):
            if commit is not None:
                yield self._commit(story, commit, at)
            elif story.ends == "merged":
                yield self._squash(story, at)

    def _commit(self, story: Story, commit: Commit, at: datetime) -> bytes:
        begins = story.branch not in self._heads
        if begins and story.branch != MAIN:
            self._heads[story.branch] = self._began_at[story.branch] = self._heads[MAIN]
        written = self._write(story.branch, story.author, commit.message, at, commit.files, commit.gone)
        if commit.body is not None or begins:
            self._bodies[story.branch] = story.body if commit.body is None else commit.body
        if story.number is not None:
            self._run(story, commit, at)
        return written

    def _run(self, story: Story, commit: Commit, at: datetime) -> None:
        last = commit is story.commits[-1]
        run = Run(
            number=story.number,
            branch=story.branch,
            base=self._began_at[story.branch],
            head=self._heads[story.branch],
            at=(at + _QUEUE).isoformat(),
            title=story.title,
            body=self._bodies[story.branch],
            author=story.author,
            figures=commit.figures,
            ends=story.ends if last else "",
            ended_at=(at + _DAY).isoformat() if story.ends and last else "",
        )
        self.runs.append(run)
        if last and not story.ends:
            self.runs.append(run._replace(at=self._now.isoformat(), newest=True))

    def _squash(self, story: Story, at: datetime) -> bytes:
        """Merging moves main, and CI looks at that as well."""
        base, title = self._heads[MAIN], f"{story.title} (#{story.number})"
        files = {path: content for commit in story.commits for path, content in commit.files.items()}
        written = self._write(MAIN, story.author, title, at, files, ())
        seen_at = (at + _QUEUE).isoformat()
        self.runs.append(Run(None, MAIN, base, self._heads[MAIN], seen_at, title, "", story.author, {}))
        return written

    def _write(
        self, branch: str, author: str, message: str, at: datetime, files: Mapping[str, str], gone: Sequence[str]
    ) -> bytes:
        before, self._marks = self._heads.get(branch), self._marks + 1
        self._heads[branch] = f":{self._marks}"
        who = f"{author} <{author}@shop.example> {int(at.timestamp())} +0000"
        lines = [f"commit refs/heads/{branch}", f"mark :{self._marks}", f"author {who}", f"committer {who}"]
        parts = ["\n".join(lines).encode(), _data(message)]
        parts += [f"from {before}".encode()] if before else []
        for path, content in files.items():
            parts += [f"M 100644 inline {path}".encode(), _data(content)]
        return b"\n".join([*parts, *(f"D {path}".encode() for path in gone), b"", b""])


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s" % (len(content), content)

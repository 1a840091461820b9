"""The sample repository's past, as told in ``operations/demo_repository``: what main holds, and who changed what when.

Each file is a branch: ``number``, ``branch``, ``title``, ``author``, ``body``, how it ``ends`` (``merged``, ``closed``,
or not yet), and its ``commits`` with the days that they lie back (``ago``), a ``message``, the ``files`` that they
write in full, and those that they remove (``gone``). ``main.toml`` is where all begins.
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parents[1] / "demo_repository"
MAIN = "main"


class Commit(NamedTuple):
    """What one commit changes."""

    ago: timedelta
    message: str
    files: Mapping[str, str]
    """Whole contents by path."""
    gone: tuple[str, ...]
    body: str | None
    """The pull request's description from here on; None leaves it as it was."""
    figures: Mapping[str, Any]
    """What CI has measured: ``coverage``, ``performance``."""


class Story(NamedTuple):
    """One branch, and the pull request that it is."""

    number: int | None
    branch: str
    title: str
    author: str
    body: str
    ends: str
    """``merged`` or ``closed``, one day after its last commit; empty while it is open."""
    commits: tuple[Commit, ...]


def read_stories(folder: Path = FOLDER) -> list[Story]:
    """All branches, main first, the others by their numbers."""
    stories = [_story(tomllib.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.toml")]
    return sorted(stories, key=lambda story: story.number or 0)


def _story(told: Mapping[str, Any]) -> Story:
    return Story(
        number=told.get("number"),
        branch=told["branch"],
        title=told.get("title", ""),
        author=told["author"],
        body=told.get("body", "").strip(),
        ends=told.get("ends", ""),
        commits=tuple(_commit(commit) for commit in told["commits"]),
    )


def _commit(told: Mapping[str, Any]) -> Commit:
    body = told.get("body")
    return Commit(
        ago=timedelta(days=told["ago"]),
        message=told["message"],
        files={path: content.lstrip("\n") for path, content in told.get("files", {}).items()},
        gone=tuple(told.get("gone", ())),
        body=None if body is None else body.strip(),
        figures={name: told[name] for name in ("coverage", "performance") if name in told},
    )

"""The input of the policies, built from two revisions of a repository."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from compliance.evaluation.git import Git
from compliance.evaluation.patches import Entry, changed_files, entries
from compliance.limits import MAX_CHANGED_FILES, MIB
from core.errors import TooLarge

MAX_PATCH_BYTES = 64 * MIB

# Everything that a setting of git could change is said here, so that the same commits are the same input everywhere.
_DIFF = (
    "diff-tree",
    *("-r", "--no-commit-id", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--submodule=short"),
    *("--find-renames=50%", "-l1000", "--ignore-submodules=none", "-O/dev/null"),
)
_PATCH = (
    *("--patch", "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=myers", "--indent-heuristic"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--ws-error-highlight=none"),
)


class Words(NamedTuple):
    """What a pull request says beside its code; None is taken from the head commit."""

    title: str | None = None
    body: str | None = None
    number: int | None = None
    author: str | None = None


class Change(NamedTuple):
    """A change as the policies see it, and the commits that it lies between."""

    input: Mapping[str, Any]
    """``changed_files``, ``pr_title``, ``pr_body``, ``pr_number``, ``author``."""
    base: str
    """The merge base: what the other branch did since is no part of the change."""
    head: str
    paths: list[str]
    """The changed files, and behind them the old names of renamed ones."""

    @property
    def files(self) -> int:
        """How many files changed."""
        return len(self.input["changed_files"])


def read_change(repository: Path, *, base: str, head: str = "HEAD", words: Words | None = None) -> Change:
    """Build the input of the policies from what ``head`` adds to ``base``.

    Raises:
        Unreadable: git, the repository or one of the revisions is missing; the message says what to do.
        TooLarge: more files than a report may carry, or a patch over the limit.
    """
    git, words = Git(repository), words or Words()
    tip = git.commit(head)
    parted = git.merge_base(git.commit(base), tip)
    listed = entries(git.read(*_DIFF, "--raw", "-z", parted, tip))
    if len(listed) > MAX_CHANGED_FILES:
        raise TooLarge(
            "too_many_files",
            f"The change touches {len(listed):,} files; a report may carry {MAX_CHANGED_FILES:,}. Split the change, "
            "or compare with a nearer base.",
        )
    patch = git.read(*_DIFF, *_PATCH, parted, tip)
    _check_size(patch)

    def as_text(entry: Entry) -> bytes:
        return git.read(*_DIFF, *_PATCH, "--text", "--no-renames", parted, tip, "--", os.fsdecode(entry.path))

    files = changed_files(listed, patch, as_text=as_text)
    author, subject, body = git.read("log", "-1", "--format=%an%x00%s%x00%b", tip).decode(errors="replace").split("\0")
    document = {
        "changed_files": [file._asdict() for file in files],
        "pr_title": subject if words.title is None else words.title,
        "pr_body": body.strip() if words.body is None else words.body,
        "pr_number": words.number,
        "author": author if words.author is None else words.author,
    }
    return Change(document, parted, tip, _paths(listed))


def _paths(listed: list[Entry]) -> list[str]:
    paths = [entry.path for entry in listed] + [entry.old for entry in listed if entry.letter == "R"]
    return list(dict.fromkeys(path.decode(errors="replace") for path in paths))[:MAX_CHANGED_FILES]


def _check_size(patch: bytes) -> None:
    if len(patch) > MAX_PATCH_BYTES:
        raise TooLarge(
            "too_large_a_patch",
            f"The patch has {len(patch) / MIB:.0f} MiB, and {MAX_PATCH_BYTES // MIB} MiB are evaluated at most. Keep "
            "generated files out of the repository, or split the change.",
        )

"""What ``git diff-tree`` prints, read into the changed files of an input. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.errors import DomainError

STATUSES = {"A": "added", "C": "added", "D": "removed", "R": "renamed", "M": "modified", "T": "modified"}
SOURCES = re.compile(
    r"\.([cm]?[jt]sx?|sql|prisma|graphql|json|ya?ml|html?|css|scss|sh|py|vue|svelte|toml|tf|mdc?)$", re.IGNORECASE
)
"""What policies are about: a NUL in it makes git call it binary, which must not hide it."""

_SECTION = b"diff --git "
_HUNK = b"@@ "
_BINARY = b"Binary files "


class ChangedFile(NamedTuple):
    """One file of a change, as the policies see it."""

    path: str
    """From the root of the repository, the new one of a renamed file; bytes that are no UTF-8 become ``�``."""
    diff: str
    """The hunks, from the first ``@@`` on; empty for binary files, submodules and bare renames."""
    additions: int
    deletions: int
    status: str
    """``added``, ``modified``, ``removed`` or ``renamed``."""


class Entry(NamedTuple):
    """One line of git's list."""

    letter: str
    old: bytes
    path: bytes

    @property
    def sections(self) -> int:
        """A file that became a link is deleted and made anew in the patch."""
        return 2 if self.letter == "T" else 1


def entries(raw: bytes) -> list[Entry]:
    """Read ``diff-tree --raw -z``: ``:100644 100644 1d2f… 9a0c… M\\0path\\0``, with two paths where there are two."""
    fields, found = iter(raw.split(b"\0")), []
    for head in fields:
        if head:
            letter, old = head.split(b" ")[-1][:1].decode(), next(fields)
            found.append(Entry(letter, old, next(fields) if letter in "RC" else old))
    return found


def changed_files(listed: list[Entry], patch: bytes, *, as_text: Callable[[Entry], bytes]) -> list[ChangedFile]:
    """Join the list of changed files and their patch.

    The patch's own names are not read, since they are quoted in ways of their own: the order is the same.

    Args:
        patch: of ``diff-tree --patch`` over the same trees.
        as_text: the patch of one file, whatever git takes it for.

    Raises:
        DomainError: the two do not fit together.
    """
    sections = list(_sections(patch))
    if len(sections) != sum(entry.sections for entry in listed):
        raise DomainError("git_failed", f"git lists {len(listed)} files and shows {len(sections)}.")
    rest = iter(sections)
    return [_file(entry, [next(rest) for _ in range(entry.sections)], as_text) for entry in listed]


def _sections(patch: bytes) -> Iterator[list[bytes]]:
    """The lines of each file, from its first hunk on, or that it is binary.

    No line of a hunk can be taken for a header: each begins with a blank, ``+``, ``-`` or a backslash.
    """
    section: list[bytes] | None = None
    in_hunks = False
    # Not splitlines: a carriage return or a form feed is part of its line.
    for line in patch.split(b"\n"):
        if line.startswith(_SECTION):
            if section is not None:
                yield section
            section, in_hunks = [], False
            continue
        in_hunks = in_hunks or line.startswith((_HUNK, _BINARY))
        if in_hunks and section is not None and line:
            section.append(line)
    if section is not None:
        yield section


def _file(entry: Entry, sections: list[list[bytes]], as_text: Callable[[Entry], bytes]) -> ChangedFile:
    path = entry.path.decode(errors="replace")
    if SOURCES.search(path) and any(_is_binary(section) for section in sections):
        sections = list(_sections(as_text(entry)))
    lines = [line for section in sections if not _is_binary(section) for line in section]
    return ChangedFile(
        path=path,
        diff=b"\n".join(lines).decode(errors="replace"),
        additions=sum(line.startswith(b"+") for line in lines),
        deletions=sum(line.startswith(b"-") for line in lines),
        status=STATUSES.get(entry.letter, "modified"),
    )


def _is_binary(section: list[bytes]) -> bool:
    return bool(section) and section[0].startswith(_BINARY)

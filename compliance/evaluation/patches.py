"""What ``git diff-tree`` prints, read into the changed files of an input. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from core.errors import DomainError

STATUSES = {"A": "added", "C": "added", "D": "removed", "R": "renamed", "M": "modified", "T": "modified"}
_SECTION = b"diff --git "
_HUNK = b"@@ "


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


class _Entry(NamedTuple):
    letter: str
    path: str

    @property
    def sections(self) -> int:
        """A file that became a link is deleted and made anew in the patch."""
        return 2 if self.letter == "T" else 1


def changed_files(raw: bytes, patch: bytes) -> list[ChangedFile]:
    """Join the list of changed files and their patch.

    The patch's own names are not read, since they are quoted in ways of their own: the order is the same.

    Args:
        raw: of ``diff-tree --raw -z``.
        patch: of ``diff-tree --patch`` over the same trees.

    Raises:
        DomainError: the two do not fit together.
    """
    entries, sections = list(_entries(raw)), list(_sections(patch))
    if len(sections) != sum(entry.sections for entry in entries):
        raise DomainError("git_failed", f"git lists {len(entries)} files and shows {len(sections)}.")
    rest = iter(sections)
    return [_file(entry, [next(rest) for _ in range(entry.sections)]) for entry in entries]


def _entries(raw: bytes) -> Iterator[_Entry]:
    """``:100644 100644 1d2f… 9a0c… M\\0path\\0``, with two paths where there is an old and a new one."""
    fields = iter(raw.split(b"\0"))
    for head in fields:
        if not head:
            continue
        letter = head.split(b" ")[-1][:1].decode()
        path = next(fields)
        if letter in "RC":
            path = next(fields)
        yield _Entry(letter, path.decode(errors="replace"))


def _sections(patch: bytes) -> Iterator[list[bytes]]:
    """The hunk lines of each file. No line of a hunk can be taken for a header: each begins with one of `` +-@\\``."""
    section: list[bytes] | None = None
    in_hunks = False
    # Not splitlines: a carriage return or a form feed is part of its line.
    for line in patch.split(b"\n"):
        if line.startswith(_SECTION):
            if section is not None:
                yield section
            section, in_hunks = [], False
            continue
        in_hunks = in_hunks or line.startswith(_HUNK)
        if in_hunks and section is not None:
            section.append(line)
    if section is not None:
        yield section


def _file(entry: _Entry, sections: list[list[bytes]]) -> ChangedFile:
    lines = [line for section in sections for line in section if line]
    return ChangedFile(
        path=entry.path,
        diff=b"\n".join(lines).decode(errors="replace"),
        additions=sum(line.startswith(b"+") for line in lines),
        deletions=sum(line.startswith(b"-") for line in lines),
        status=STATUSES.get(entry.letter, "modified"),
    )

"""The table as docs/permissions.md says it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.permissions.callers import PUBLIC_SITE, TENANT_SITE, Caller, Who
from tests.permissions.lines import Pages, Room
from tests.permissions.table import ROOMS

PATH = Path(__file__).parents[2] / "docs" / "permissions.md"
COMMAND = "python -m tests.permissions"
INTRODUCTION = f"""# Who may do what

Written from `tests/permissions/table.py` by `{COMMAND}`; do not edit it here. Tests go through every line with every
kind of caller, at home and with another tenant's credentials, where each of them is a stranger.

A person's role is a group; each of `compliance_viewer`, `compliance_admin` and `tenant_admin` includes the one before.
A CI token reads and reports for the repositories that it names. Nobody decides their own override. On the pages of a
model, what no line names is nobody's: adding and deleting what services write, and Django's own history.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for room in ROOMS for line in _room(room))])


def _room(room: Room) -> Iterator[str]:
    columns = PUBLIC_SITE if room.site == "public" else TENANT_SITE
    yield f"## {room.name}: {room.about[0].lower()}{room.about[1:]}\n"
    yield from _row(["", *(str(caller) for caller in columns), ""])
    yield from _row(["---", *(":-:" for _ in columns), "---"])
    for line in room.lines:
        told = f"{line.about}; opened by {line.key}" if line.key else line.about
        yield from _row([f"`{line.address}`", *_marks(line.who, columns), told])
    for pages in room.pages:
        for what, who in _parts(pages):
            yield from _row([f"`{pages.root}` {what}", *_marks(who, columns), pages.about])
    yield ""


def _parts(pages: Pages) -> Iterator[tuple[str, Who]]:
    yield "list and pages", pages.reads
    verbs = {"change": pages.changes, "add": pages.adds, "delete": pages.deletes}
    yield from ((verb, who) for verb, who in verbs.items() if who)
    yield from ((f"action `{name}`", who) for name, who in pages.actions.items())
    yield from ((f"`{address}`", who) for address, who in pages.more.items() if who)


def _marks(who: Who, columns: Sequence[Caller]) -> Iterator[str]:
    return ("✓" if caller in who else "–" for caller in columns)


def _row(cells: Iterable[str]) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"

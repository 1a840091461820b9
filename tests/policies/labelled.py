"""Changes as a reviewer has judged them: ``corpus/*.toml``, read into inputs of the policies and their faults."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.policies.scoring import Expectation

FOLDER = Path(__file__).parent / "corpus"

_FIGURES = ("coverage", "performance")
_HUNK = re.compile(r"^@@ (\d+) @@(.*)$")


class LabelledChange(NamedTuple):
    """One pull request."""

    name: str
    input: dict[str, Any]
    """As ``compliance.evaluation`` takes it."""
    expected: tuple[Expectation, ...]
    """What a careful reviewer would raise, and nothing else."""


@cache
def labelled_changes() -> tuple[LabelledChange, ...]:
    """The whole corpus, by file and in the order of each."""
    tables = [table for path in sorted(FOLDER.glob("*.toml")) for table in tomllib.loads(path.read_text())["change"]]
    return tuple(_change(number, table) for number, table in enumerate(tables, start=1))


def _change(number: int, table: dict[str, Any]) -> LabelledChange:
    stated = {
        "changed_files": [_file(file) for file in table["files"]],
        "pr_title": table["pr_title"],
        "pr_body": table["pr_body"],
        "pr_number": number,
        "author": table["author"],
        **{figures: table[figures] for figures in _FIGURES if figures in table},
    }
    expected = tuple(Expectation(each["rule"], (each["file"], *each.get("or", ()))) for each in table["expected"])
    return LabelledChange(table["name"], stated, expected)


def _file(table: dict[str, str]) -> dict[str, Any]:
    diff = whole(table["text"], table["status"]) if "text" in table else unified(table["diff"])
    lines = diff.split("\n")
    return {
        "path": table["path"],
        "diff": diff,
        "additions": sum(line.startswith("+") for line in lines),
        "deletions": sum(line.startswith("-") for line in lines),
        "status": table["status"],
    }


def whole(text: str, status: str) -> str:
    """The diff of a file that is added, or removed, with all its lines."""
    lines = text.splitlines()
    sign, header = ("-", f"@@ -1,{len(lines)} +0,0 @@") if status == "removed" else ("+", f"@@ -0,0 +1,{len(lines)} @@")
    return "\n".join([header, *(sign + line for line in lines)])


def unified(sketch: str) -> str:
    """A diff whose hunks say where they begin (``@@ 41 @@ context``), with the headers that git would write."""
    written, shift = [], 0
    for start, context, lines in _hunks(sketch):
        old = sum(not line.startswith("+") for line in lines)
        new = sum(not line.startswith("-") for line in lines)
        written += [f"@@ -{start},{old} +{start + shift},{new} @@{context}", *lines]
        shift += new - old
    return "\n".join(written)


def _hunks(sketch: str) -> Iterator[tuple[int, str, list[str]]]:
    """Where each hunk begins, what its header shows, and its lines; editors strip the blank of an empty line."""
    lines = sketch.splitlines()
    begins = [number for number, line in enumerate(lines) if _HUNK.match(line)]
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=False):
        start, context = _HUNK.fullmatch(lines[begin]).groups()  # type: ignore[union-attr]
        yield int(start), context, [line or " " for line in lines[begin + 1 : end]]

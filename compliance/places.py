"""Which file and line a message names."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import ahocorasick

from compliance.limits import MAX_PATH_BYTES

_OPENERS = " \t\n'\"`(["
_HERE = re.compile(r"\A(?:\./+)++")
_GOES_ON = re.compile(r"\w|[-./\\+~]{1,3}\w")
_LINE = re.compile(r"['\"`]?(?::|\#L|\(|,?[ ](?:(?:on|at)[ ])?line[ ])(\d{1,9})(?!\w)", re.VERBOSE)

# Quotes and the like never stand in a path that we could tell from prose. What can open one and what can stand in
# one have nothing in common, so every character of a word is looked at once.
_PATH = re.compile(
    r"""
    (?<![^'"`<>|,;=:{}*])
    (?:/|(?:\.{1,2}/)++)?
    \.?[\w+~$-][\w+~()\[\]$@-]*+ /                 # a first folder without a dot inside: not a host, not Node.js/x
    (?:[\w.+~()\[\]$@-]++/)*+
    (?: [\w.+~()\[\]$@-]*\.[A-Za-z]\w{0,9} | Dockerfile | Makefile ) (?![\w/*-])
    """,
    re.VERBOSE,
)


class Place(NamedTuple):
    """A file, from the root of the repository, and a line in it where one is known."""

    file: str = ""
    line: int | None = None


class ChangedFiles:
    """The files that a report says were changed, ready to be found in any number of messages."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for path in {normal(path) for path in paths} - {""}:
            self._automaton.add_word(path, path)
        self._empty = not len(self._automaton)
        self._automaton.make_automaton()

    def named_in(self, message: str) -> Place | None:
        """The longest changed file that the message names as a whole, not as a part of another path."""
        longest, end = "", 0
        # More names than characters come only from files made to nest in each other: the bound keeps time linear.
        names = () if self._empty else islice(self._automaton.iter(message), len(message))
        for last, path in names:
            if len(path) > len(longest) and _stands_alone(message, last + 1 - len(path), last + 1):
                longest, end = path, last + 1
        return Place(longest, _line_at(message, end)) if longest else None


def place_named_in(message: str, changed: ChangedFiles) -> Place:
    """The changed file that the message names, else what looks like a path in it, else no place."""
    return changed.named_in(message) or _path_like(message) or Place()


def normal(path: str) -> str:
    """The path as the code host writes it."""
    path = path.strip()
    return _HERE.sub("", path) if path.startswith("./") else path


def _stands_alone(message: str, start: int, end: int) -> bool:
    opened = start == 0 or message[start - 1] in _OPENERS or _begins(message[max(0, start - 3) : start])
    return opened and not _GOES_ON.match(message, end)


def _begins(before: str) -> bool:
    """Whether a path can begin after these characters: ``./`` and a root's ``/`` belong to it, a folder does not."""
    if before.endswith("./"):
        before = before[:-2]
    elif before.endswith("/"):
        return before == "/" or before[-2] in _OPENERS
    return not before or not (before[-1].isalnum() or before[-1] in "_./\\@~-")


def _path_like(message: str) -> Place | None:
    if "/" not in message:
        return None
    for word in message.split():
        if "/" in word and "://" not in word:
            match = _PATH.search(word.lstrip("(["))
            if match and len(match[0]) <= MAX_PATH_BYTES // 4:
                end = message.index(match[0]) + len(match[0])
                return Place(normal(match[0]), _line_at(message, end))
    return None


def _line_at(message: str, end: int) -> int | None:
    line = _LINE.match(message, end)
    return (int(line[1]) or None) if line else None

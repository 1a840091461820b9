"""What makes a violation the same violation in the next report."""

import re
from hashlib import blake2b

RECIPE = 1
"""Raise it when the recipe changes: every violation is then a new one."""

# Small patterns that begin with what the engine can leap to, behind one that most messages do not pass: ten times as
# fast as a single pattern for all.
_MAYBE = re.compile(r"[0-9](?<=[ :=#L][0-9])")
_AFTER_PATH = re.compile(r":[0-9]++(?::[0-9]++)?(?!\w)")
_AFTER_WORD = re.compile(
    r"(?<![^\W_])(lines?|columns?|cols?)([ :=#]{1,3})[0-9]++(?:(?: ?[-–,] ?| to | and )[0-9]++)*+(?!\w)", re.IGNORECASE
)
_ANCHOR = re.compile(r"L(?<![^\W_]L)[0-9]++(?:-L?[0-9]++)?(?!\w)")
_POINT = re.compile(r"at (?<![^\W_]at )[0-9]++:[0-9]++(?!\w)")


def fingerprint(*, source: str, package: str, rule: str, message: str, file: str, occurrence: int) -> str:
    """The identity of one violation within its pull request, as 32 hexadecimal digits.

    Args:
        message: whole, not cut; line and column positions in it do not count.
        file: of a structured finding; empty for a plain string, which names its own.
        occurrence: 0 for the first of several that are alike in all of the above.
    """
    return _digest(source, package, rule, without_positions(message), file, occurrence)


class Fingerprints:
    """The fingerprints of one report: what is alike in everything is told apart by counting."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: dict[str, int] = {}

    def take(self, package: str, rule: str, message: str, file: str) -> str:
        """The next finding's fingerprint; the order of the report counts."""
        masked = without_positions(message)
        first = _digest(self._source, package, rule, masked, file, 0)
        occurrence = self._seen.get(first, 0)
        self._seen[first] = occurrence + 1
        if occurrence:
            return _digest(self._source, package, rule, masked, file, occurrence)
        return first


def without_positions(message: str) -> str:
    """The message with line and column positions masked, so that code which only moves stays the same finding.

    Masked are ``:12:3`` after a path, ``line 12``, ``lines 3-5``, ``column 7``, ``L42`` and ``at 12:7``. Other
    numbers (counts, sizes, ports, times) are part of what is said.
    """
    if not _MAYBE.search(message):
        return message
    masked = _AFTER_PATH.sub(_masked_after_path, message)
    lowered = masked.lower()
    if "line" in lowered or "col" in lowered:
        masked = _AFTER_WORD.sub(r"\1\2#", masked)
    return _POINT.sub("at #", _ANCHOR.sub("L#", masked))


def _masked_after_path(position: re.Match[str]) -> str:
    start = position.start()
    word = position.string[max(0, start - 255) : start].rpartition(" ")[2]
    return ":#" if _ends_like_a_path(word) else position[0]


def _ends_like_a_path(word: str) -> bool:
    if "://" in word:
        return False
    _, dot, suffix = word.rpartition(".")
    return "/" in word or word.endswith("file") or bool(dot and suffix[:1].isalpha())


def _digest(source: str, package: str, rule: str, masked: str, file: str, occurrence: int) -> str:
    # Each field behind its length: no text can pass for the end of one field and the start of the next.
    recipe = (
        f"{RECIPE};{len(source)}:{source}{len(package)}:{package}{len(rule)}:{rule}"
        f"{len(masked)}:{masked}{len(file)}:{file}{occurrence}"
    )
    return blake2b(recipe.encode(), digest_size=16).hexdigest()

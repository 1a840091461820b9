"""What the formats share: values of the expected shape, and findings that are bounded as they are collected."""

from collections.abc import Mapping, Set
from typing import Any

import orjson

from compliance import limits
from compliance.readings import RawFinding, Reading
from core.errors import Invalid, TooLarge

_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


def wrong(place: str, expected: str, value: object) -> Invalid:
    """The error for a value that is not what its place needs."""
    found = "null" if value is None else _NAMES.get(type(value), "something else")
    return invalid(place, f"expected {expected}, found {found}")


def invalid(place: str, reason: str) -> Invalid:
    """The error for a place whose value can be read but is wrong."""
    return Invalid("invalid_results", f"{place}: {reason}.", errors={place: [reason]})


def nothing_evaluated(reason: str) -> Invalid:
    """The error for a document that speaks about nothing; judging it would pass everything unseen."""
    return Invalid("nothing_evaluated", reason, errors={"results": [reason]})


def an_object(value: object, place: str) -> Mapping[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise wrong(place, "an object", value)
    return value


def maybe_object(value: object, place: str) -> Mapping[str, Any]:
    """The value, which must be an object or missing."""
    return {} if value is None else an_object(value, place)


def a_list(value: object, place: str) -> list[Any]:
    """The value, which must be a list."""
    if not isinstance(value, list):
        raise wrong(place, "a list", value)
    return value


def maybe_list(value: object, place: str) -> list[Any]:
    """The value, which must be a list or missing."""
    return [] if value is None else a_list(value, place)


def maybe_text(value: object, place: str) -> str:
    """The value, which must be a string or missing."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(place, "a string", value)
    return value


def maybe_line(value: object, place: str) -> int | None:
    """The value, which must be a line number or missing; 0 and less say that there is none."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(place, "a line number", value)
    if value > limits.MAX_LINE:
        raise invalid(place, f"a line number is at most {limits.MAX_LINE:,}")
    return value if value > 0 else None


def a_name(value: object, place: str, limit: int) -> str:
    """The value, which must be a string that says something and has at most ``limit`` characters."""
    name = maybe_text(value, place)
    if not name.strip():
        raise invalid(place, "expected a name, found nothing")
    if len(name) > limit:
        raise invalid(place, f"at most {limit:,} characters, found {len(name):,}")
    _refuse_nul(name, place)
    return name


def check_bytes(what: str, size: int, limit: int, place: str) -> None:
    """Refuse a text that is over its limit; ``what`` names it in the error's code."""
    if size > limit:
        reason = f"a {what} may have at most {limit:,} bytes, this one has {size:,}"
        raise TooLarge(f"{what}_too_large", f"{place}: {reason}.", errors={place: [reason]})


class Collector:
    """The findings of one document, each held to the limits on its way in."""

    def __init__(self) -> None:
        self.raw: list[RawFinding] = []

    def add(self, finding: RawFinding, place: str) -> None:
        """Keep a finding that stands at ``place``.

        Raises:
            Invalid: one finding too many, or a field that cannot be stored.
            TooLarge: its message or context is over the limit.
        """
        if len(self.raw) >= limits.MAX_FINDINGS:
            reason = f"A report may have at most {limits.MAX_FINDINGS:,} findings."
            raise Invalid("too_many_findings", reason, errors={"results": [reason]})
        _check_message(finding.message, place)
        if finding.rule:
            a_name(finding.rule, place, limits.MAX_RULE_CHARS)
        if finding.file:
            _check_path(finding.file, place)
        if finding.context:
            _check_context(finding.context, place)
        self.raw.append(finding)

    def reading(self, *, packages: Set[str] = frozenset(), rules: Set[str] = frozenset()) -> Reading:
        """What the document comes to."""
        _check_count("packages", len(packages), limits.MAX_PACKAGES)
        _check_count("rules", len(rules), limits.MAX_LISTED_RULES)
        return Reading(packages=frozenset(packages), rules=frozenset(rules), raw=self.raw)


def _check_count(what: str, count: int, limit: int) -> None:
    if count > limit:
        reason = f"A report may speak about at most {limit:,} {what}, this one about {count:,}."
        raise Invalid(f"too_many_{what}", reason, errors={"results": [reason]})


def _check_message(message: str, place: str) -> None:
    # A character has at most four bytes: most messages need no encoding to be known as small enough.
    if len(message) > limits.MAX_MESSAGE_BYTES // 4:
        check_bytes("message", len(message.encode()), limits.MAX_MESSAGE_BYTES, place)
    _refuse_nul(message, place)


def _check_path(path: str, place: str) -> None:
    size = len(path.encode())
    if size > limits.MAX_PATH_BYTES:
        raise invalid(place, f"a path has at most {limits.MAX_PATH_BYTES:,} bytes, this one has {size:,}")
    _refuse_nul(path, place)


def _check_context(context: Mapping[str, Any], place: str) -> None:
    try:
        written = orjson.dumps(context)
    except orjson.JSONEncodeError as error:
        raise invalid(place, "its further fields are nested too deeply") from error
    check_bytes("context", len(written), limits.MAX_CONTEXT_BYTES, place)
    # An escaped backslash in front makes it six ordinary characters.
    if b"\\u0000" in written.replace(b"\\\\", b""):
        _refuse_nul("\0", place)


def _refuse_nul(text: str, place: str) -> None:
    if "\0" in text:
        raise invalid(place, "it holds a NUL character, which cannot be stored")

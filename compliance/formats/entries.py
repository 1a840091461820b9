"""One member of a policy's set: a message, or an object whose fields every author names a little differently."""

from typing import Any

from compliance import limits
from compliance.choices import Severity
from compliance.formats.shapes import invalid, wrong
from compliance.readings import RawFinding

_MESSAGE = ("message", "msg")
_RULE = ("rule", "rule_id", "id")
_FILE = ("file", "file_path", "path")
_LINE = ("line", "line_number")

_SEVERITIES = {
    "BLOCK": Severity.BLOCK,
    "HARD STOP": Severity.BLOCK,
    "OVERRIDE": Severity.OVERRIDE,
    "OVERRIDE REQUIRED": Severity.OVERRIDE,
    "WARNING": Severity.WARNING,
    "WARN": Severity.WARNING,
}


def read_entry(entry: object, *, package: str, kind: str, place: str) -> RawFinding:
    """Read a string or an object; fields that are not understood go to the context, none is dropped.

    Raises:
        Invalid: neither string nor object, or one that says neither what is wrong nor which rule says so.
    """
    if isinstance(entry, str):
        if not entry.strip():
            raise invalid(place, "an empty message")
        return RawFinding(package, kind, entry)
    if not isinstance(entry, dict):
        raise wrong(place, "a message or an object", entry)
    rest = dict(entry)
    message, rule = take_text(rest, _MESSAGE), take_text(rest, _RULE)
    if not message and not rule:
        raise invalid(place, "expected a message (message, msg) or at least a rule (rule, rule_id, id)")
    return RawFinding(
        package=package,
        kind=kind,
        message=message or f"{rule}: {kind} in {package}, without a message",
        rule=rule,
        severity=_take_severity(rest),
        file=take_text(rest, _FILE),
        line=_take_line(rest),
        context=rest,
    )


def says_what(entry: dict[str, Any]) -> bool:
    """Whether an object has a message of its own."""
    return any(_is_text(entry.get(key)) for key in _MESSAGE)


def take_text(fields: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Remove and return the first of the named fields that holds text; the others stay where they are."""
    for key in keys:
        if _is_text(fields.get(key)):
            return str(fields.pop(key)).strip()
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _take_line(fields: dict[str, Any]) -> int | None:
    for key in _LINE:
        line = _as_line(fields.get(key))
        if line:
            del fields[key]
            return line
    return None


def _as_line(value: object) -> int | None:
    """A line number, also as digits, which is how Rego's own locations and Conftest write it at times."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(limits.MAX_LINE)):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= limits.MAX_LINE:
        return value
    return None


def _take_severity(fields: dict[str, Any]) -> str:
    """A severity in our words; another scale (``HIGH``, 3) says nothing about merging and stays in the context."""
    stated = fields.get("severity")
    severity = _SEVERITIES.get(" ".join(stated.upper().replace("_", " ").split())) if isinstance(stated, str) else None
    if severity is None:
        return ""
    del fields["severity"]
    return severity.value

"""Checks: the plain list that a script can write without a policy engine."""

from collections.abc import Mapping
from typing import Any

from compliance import limits
from compliance.choices import Outcome, Severity
from compliance.formats.shapes import (
    Collector,
    a_list,
    a_name,
    an_object,
    invalid,
    maybe_line,
    maybe_object,
    maybe_text,
    nothing_evaluated,
)
from compliance.readings import RawFinding, Reading

_FIELDS = {"rule_id", "status", "severity", "file_path", "line_number", "message", "context"}
_DEFAULT_MESSAGES = {
    Outcome.VIOLATION: "violated; the check gave no message",
    Outcome.OVERRIDE: "needs an override; the check gave no message",
}


def read(results: object) -> Reading:
    """Read checks: every one lists its rule, those that did not pass are findings."""
    collected, rules = Collector(), set()
    for index, item in enumerate(a_list(results, "results")):
        place = f"results[{index}]"
        check = an_object(item, place)
        rule = a_name(check.get("rule_id"), f"{place}.rule_id", limits.MAX_RULE_CHARS)
        rules.add(rule)
        outcome = Outcome(_choice(check.get("status"), Outcome.values, f"{place}.status"))
        if outcome is not Outcome.PASS:
            collected.add(_finding(check, rule, outcome, place), place)
    if not rules:
        raise nothing_evaluated("The list of checks is empty.")
    return collected.reading(rules=rules)


def _finding(check: Mapping[str, Any], rule: str, outcome: Outcome, place: str) -> RawFinding:
    further = {field: value for field, value in check.items() if field not in _FIELDS}
    message = maybe_text(check.get("message"), f"{place}.message").strip()
    return RawFinding(
        package="",
        kind="",
        message=message or f"{rule}: {_DEFAULT_MESSAGES[outcome]}",
        rule=rule,
        severity=_severity(check, outcome, place),
        file=maybe_text(check.get("file_path"), f"{place}.file_path"),
        line=maybe_line(check.get("line_number"), f"{place}.line_number"),
        context={**further, **maybe_object(check.get("context"), f"{place}.context")},
    )


def _severity(check: Mapping[str, Any], outcome: Outcome, place: str) -> str:
    if check.get("severity") is not None:
        return _choice(check["severity"], Severity.values, f"{place}.severity")
    return Severity.OVERRIDE.value if outcome is Outcome.OVERRIDE else ""


def _choice(value: object, allowed: list[str], place: str) -> str:
    chosen = value.strip().upper() if isinstance(value, str) else None
    if chosen not in allowed:
        raise invalid(place, f"expected one of {', '.join(allowed)}")
    return chosen

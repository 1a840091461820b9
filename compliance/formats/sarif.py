"""SARIF 2.1.0, the format that most scanners can write."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from compliance import limits
from compliance.choices import Severity
from compliance.formats.shapes import (
    Collector,
    a_list,
    a_name,
    an_object,
    check_bytes,
    invalid,
    maybe_line,
    maybe_list,
    maybe_object,
    maybe_text,
    nothing_evaluated,
)
from compliance.readings import RawFinding, Reading

_SEVERITIES = {
    "error": "",  # the rule's tier says how grave
    "warning": Severity.OVERRIDE.value,
    "note": Severity.WARNING.value,
    "none": Severity.WARNING.value,
}
_PLACEHOLDER = re.compile(r"\{(\d{1,4})\}")

_Object = Mapping[str, Any]
_T = TypeVar("_T")


def read(results: object) -> Reading:
    """Read the runs of a log: every rule that they list, and the results that fail and are not suppressed."""
    collected, rules = Collector(), set()
    runs = a_list(an_object(results, "results").get("runs"), "results.runs")
    for index, run in enumerate(runs):
        place = f"results.runs[{index}]"
        rules |= _Run(an_object(run, place), place).read_into(collected)
    if not rules and not collected.raw:
        raise nothing_evaluated("No run lists a rule.")
    return collected.reading(rules=rules)


class _Run:
    """One run of one tool: who ran, which rules it knows, what it found."""

    def __init__(self, run: _Object, place: str) -> None:
        self._run, self._place = run, place
        tool = an_object(run.get("tool"), f"{place}.tool")
        self._driver = an_object(tool.get("driver"), f"{place}.tool.driver")
        name = self._driver.get("name", "sarif")
        self._name = a_name(name, f"{place}.tool.driver.name", limits.MAX_PACKAGE_CHARS)
        extensions = maybe_list(tool.get("extensions"), f"{place}.tool.extensions")
        self._rules = _descriptors(self._driver, f"{place}.tool.driver")
        self._extensions = [_descriptors(item, f"{place}.tool.extensions[{i}]") for i, item in enumerate(extensions)]
        self._by_id = {rule["id"]: rule for rules in (*self._extensions, self._rules) for rule in rules}

    def read_into(self, collected: Collector) -> set[str]:
        """Collect the findings; answers the rules listed, none for a run that broke off."""
        rules = set(self._by_id)
        for index, value in enumerate(maybe_list(self._run.get("results"), f"{self._place}.results")):
            place = f"{self._place}.results[{index}]"
            result = an_object(value, place)
            rule, descriptor = self._rule(result, place)
            if rule:
                rules.add(a_name(rule, f"{place}.ruleId", limits.MAX_RULE_CHARS))
            if _fails(result, place):
                collected.add(self._finding(result, rule, descriptor, place), place)
        return rules if self._finished() else set()

    def _finished(self) -> bool:
        place = f"{self._place}.invocations"
        invocations = maybe_list(self._run.get("invocations"), place)
        return all(an_object(item, place).get("executionSuccessful") is not False for item in invocations)

    def _rule(self, result: _Object, place: str) -> tuple[str, _Object]:
        """The id of a result's rule, and what the run says about the rule."""
        reference = maybe_object(result.get("rule"), f"{place}.rule")
        named = maybe_text(result.get("ruleId"), f"{place}.ruleId") or maybe_text(reference.get("id"), f"{place}.rule")
        component = maybe_object(reference.get("toolComponent"), f"{place}.rule.toolComponent").get("index")
        rules = self._rules if component is None else _at(self._extensions, component) or []
        descriptor = _at(rules, result.get("ruleIndex", reference.get("index")))
        if descriptor is None:
            # A rule's id may be followed by a part of it: CA1000/1.
            descriptor = self._by_id.get(named) or self._by_id.get(named.rpartition("/")[0]) or {}
        return named or descriptor.get("id", ""), descriptor

    def _finding(self, result: _Object, rule: str, descriptor: _Object, place: str) -> RawFinding:
        default = maybe_object(descriptor.get("defaultConfiguration"), f"{place}: defaultConfiguration of its rule")
        stated = maybe_text(result.get("level"), f"{place}.level")
        level = stated or maybe_text(default.get("level"), f"{place}: level of its rule") or "warning"
        if level not in _SEVERITIES:
            raise invalid(f"{place}.level", f"expected one of {', '.join(_SEVERITIES)}")
        file, line = self._location(result, place)
        return RawFinding(
            package=self._name,
            kind="",
            message=self._message(result, descriptor, place) or _default_message(rule, place),
            rule=rule,
            severity=_SEVERITIES[level],
            file=file,
            line=line,
            context={"level": level} | {key: result[key] for key in ("properties",) if key in result},
        )

    def _message(self, result: _Object, descriptor: _Object, place: str) -> str:
        message = maybe_object(result.get("message"), f"{place}.message")
        text = maybe_text(message.get("text"), f"{place}.message.text")
        if not text and "id" in message:
            text = self._string(maybe_text(message["id"], f"{place}.message.id"), descriptor, f"{place}.message.id")
        spot = f"{place}.message.arguments"
        arguments = [maybe_text(argument, spot) for argument in maybe_list(message.get("arguments"), spot)]
        return (_filled(text, arguments, place) if arguments else text).strip()

    def _string(self, key: str, descriptor: _Object, place: str) -> str:
        own = maybe_object(descriptor.get("messageStrings"), place)
        shared = maybe_object(self._driver.get("globalMessageStrings"), place)
        return maybe_text(maybe_object(own.get(key) or shared.get(key), place).get("text"), place)

    def _location(self, result: _Object, place: str) -> tuple[str, int | None]:
        """The first physical location's path and line."""
        for index, item in enumerate(maybe_list(result.get("locations"), f"{place}.locations")):
            spot = f"{place}.locations[{index}].physicalLocation"
            physical = maybe_object(an_object(item, spot).get("physicalLocation"), spot)
            if physical:
                region = maybe_object(physical.get("region"), f"{spot}.region")
                artifact = maybe_object(physical.get("artifactLocation"), f"{spot}.artifactLocation")
                return self._path(artifact, spot), maybe_line(region.get("startLine"), f"{spot}.region.startLine")
        return "", None

    def _path(self, artifact: _Object, place: str) -> str:
        uri = maybe_text(artifact.get("uri"), f"{place}.artifactLocation.uri")
        if not uri:
            listed = _at(maybe_list(self._run.get("artifacts"), f"{self._place}.artifacts"), artifact.get("index"))
            location = maybe_object(maybe_object(listed, place).get("location"), place)
            uri = maybe_text(location.get("uri"), place)
        return unquote(uri.removeprefix("file://"))


def _descriptors(component: object, place: str) -> list[_Object]:
    """The rules of a driver or extension, each with an id."""
    rules = maybe_list(an_object(component, place).get("rules"), f"{place}.rules")
    descriptors = [an_object(rule, f"{place}.rules[{index}]") for index, rule in enumerate(rules)]
    for index, descriptor in enumerate(descriptors):
        a_name(descriptor.get("id"), f"{place}.rules[{index}].id", limits.MAX_RULE_CHARS)
    return descriptors


def _fails(result: _Object, place: str) -> bool:
    """Whether a result is a finding: it fails, is still there, and nobody has accepted it."""
    # Level none says that there is no severity to speak of, which only a result that does not fail can say.
    stated = maybe_text(result.get("kind"), f"{place}.kind")
    kind = stated or ("informational" if result.get("level") == "none" else "fail")
    return kind == "fail" and result.get("baselineState") != "absent" and not _suppressed(result, place)


def _suppressed(result: _Object, place: str) -> bool:
    """Whether there are suppressions and none is still under review or rejected."""
    suppressions = maybe_list(result.get("suppressions"), f"{place}.suppressions")
    statuses = [an_object(item, f"{place}.suppressions").get("status", "accepted") for item in suppressions]
    return bool(statuses) and all(status == "accepted" for status in statuses)


def _default_message(rule: str, place: str) -> str:
    if not rule:
        raise invalid(place, "expected a message or at least a rule")
    return f"{rule}: reported without a message"


def _filled(text: str, arguments: list[str], place: str) -> str:
    """The text with ``{0}``, ``{1}``… replaced; a number without an argument stays as it is."""

    def argument(match: re.Match[str]) -> str:
        number = int(match[1])
        return arguments[number] if number < len(arguments) else match[0]

    # Measured before it is built: few placeholders and one long argument could fill the memory.
    size = len(text) + sum(len(argument(match)) for match in _PLACEHOLDER.finditer(text))
    check_bytes("message", size, limits.MAX_MESSAGE_BYTES, place)
    return _PLACEHOLDER.sub(argument, text)


def _at(items: list[_T], index: object) -> _T | None:
    """The item at an index that a document gives; -1 and what is no index say that there is none."""
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(items):
        return items[index]
    return None

"""OPA: the value of ``data.compliance``, or the whole answer of ``opa eval --format json 'data.compliance'``."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from compliance import limits
from compliance.formats.entries import read_entry, says_what
from compliance.formats.shapes import Collector, a_list, a_name, an_object, invalid, nothing_evaluated, wrong
from compliance.readings import Reading

SETS = ("deny", "override", "warn")


def read(results: object) -> Reading:
    """Read the packages of an evaluation.

    A package without any of the sets is a library of the policies. One whose ``input_valid`` is false has not
    looked at the change: it is not spoken about, but what it found all the same is kept.
    """
    document, place = _document(an_object(results, "results"))
    policies = {name: value for name, value in document.items() if _is_policy(value)}
    collected = Collector()
    for name, package in policies.items():
        a_name(name, f"{place}.{name[:60]}", limits.MAX_PACKAGE_CHARS)
        for kind in SETS:
            _read_set(collected, name, kind, package.get(kind, []), f"{place}.{name}.{kind}")
    spoken = {name for name, package in policies.items() if package.get("input_valid") is not False}
    if not spoken and not collected.raw:
        raise nothing_evaluated("No policy package says anything: expected packages with deny, override or warn.")
    return collected.reading(packages=spoken)


def _document(results: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The packages by name, and the place where they stand."""
    if isinstance(results.get("errors"), list) and "result" not in results:
        raise invalid("results.errors", "OPA could not evaluate the policies")
    if not isinstance(results.get("result"), list):
        return results, "results"
    expressions = [
        (expression, f"results.result[{i}].expressions[{j}]")
        for i, row in enumerate(results["result"])
        for j, expression in enumerate(
            a_list(an_object(row, f"results.result[{i}]").get("expressions"), f"results.result[{i}].expressions")
        )
    ]
    if len(expressions) > 1:
        raise invalid("results.result", "expected the answer to one query, data.compliance")
    for expression, place in expressions:
        return an_object(an_object(expression, place).get("value"), f"{place}.value"), f"{place}.value"
    raise nothing_evaluated("OPA answered with nothing: data.compliance is undefined.")


def _is_policy(value: object) -> bool:
    return isinstance(value, dict) and (not value or "input_valid" in value or any(kind in value for kind in SETS))


def _read_set(collected: Collector, package: str, kind: str, members: object, place: str) -> None:
    for entry, spot in _members(members, place):
        collected.add(read_entry(entry, package=package, kind=kind, place=spot), spot)


def _members(members: object, place: str) -> Iterator[tuple[object, str]]:
    """The members of a set: a list, or the object that a rule without ``contains`` becomes."""
    if isinstance(members, list):
        yield from ((member, f"{place}[{index}]") for index, member in enumerate(members))
    elif isinstance(members, dict):
        for key, value in members.items():
            spot = f"{place}[{key[:60]!r}]"
            if value is not False:
                yield _keyed_member(key, value, spot), spot
    else:
        raise wrong(place, "a list or an object of messages", members)


def _keyed_member(key: str, value: object, place: str) -> object:
    if value is True:
        return _unfolded(key)
    if isinstance(value, str):
        return f"{key}: {value}"
    if isinstance(value, dict):
        return value if says_what(value) else {**value, "message": key}
    raise wrong(place, "true, a message or an object", value)


def _unfolded(key: str) -> object:
    """The key, or the object that it is: JSON has no objects as keys, so OPA writes them as text."""
    if not key.startswith("{"):
        return key
    try:
        value = orjson.loads(key)
    except orjson.JSONDecodeError:
        return key
    return value if isinstance(value, dict) and says_what(value) else key

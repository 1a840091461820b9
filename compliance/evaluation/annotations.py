"""What the policies say about themselves: the ``# METADATA`` block over each policy's package."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from compliance.evaluation.pack import Pack
from core.errors import Invalid

_PACKAGE = re.compile(r"^package[ \t]+compliance\.([a-z_]+)[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^#[ \t]*METADATA[ \t]*\n((?:#.*\n)*)\Z", re.MULTILINE)
_FIELDS = {"id", "name", "tier", "category", "override_marker"}
_NEEDED = _FIELDS - {"override_marker"}


class AnnotatedRule(NamedTuple):
    """A rule as the policy that checks it knows it."""

    id: str
    name: str
    tier: str
    category: str
    override_marker: str
    policy: str
    """The Rego file, or the one that it says it is a part of (``custom.policy``)."""
    package: str
    """Below ``compliance``."""


def annotated_rules(pack: Pack) -> list[AnnotatedRule]:
    """The rules that the policies of a pack say they check, in the order of files.

    Raises:
        Invalid: a policy says nothing of its rules, or says it wrongly; the message names the file.
    """
    return [rule for name, source in sorted(pack.modules.items()) for rule in _rules(name, source)]


def _rules(policy: str, source: str) -> Iterator[AnnotatedRule]:
    package = _PACKAGE.search(source)
    if package is None:
        # A library of the policies, which answers nothing itself.
        return
    block = _BLOCK.search(source[: package.start()])
    if block is None:
        raise _wrong(policy, "has no # METADATA block over its package")
    custom = _custom(policy, block[1])
    for entry in custom["rules"]:
        stands_in = custom.get("policy", policy)
        yield AnnotatedRule(**{"override_marker": "", **entry}, policy=stands_in, package=package[1])


def _custom(policy: str, block: str) -> dict[str, Any]:
    try:
        custom: dict[str, Any] = yaml.safe_load(re.sub(r"^#[ ]?", "", block, flags=re.MULTILINE))["custom"]
        entries = custom["rules"]
    except yaml.YAMLError as error:
        raise _wrong(policy, f"has a # METADATA block that is no YAML: {error}") from error
    except (TypeError, KeyError) as error:
        raise _wrong(policy, "names no rules in its # METADATA block (custom.rules)") from error
    if not isinstance(entries, list) or not all(_is_rule(entry) for entry in entries):
        raise _wrong(policy, f"must name {', '.join(sorted(_NEEDED))} of each of its rules")
    return custom


def _is_rule(entry: object) -> bool:
    return (
        isinstance(entry, Mapping)
        and entry.keys() <= _FIELDS
        and entry.keys() >= _NEEDED
        and all(isinstance(value, str) for value in entry.values())
    )


def _wrong(policy: str, what: str) -> Invalid:
    return Invalid("policy_annotation", f"{policy} {what}.")

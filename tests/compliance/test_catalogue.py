"""The rules that ship with the product."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from compliance.catalogue import CATALOGUE, UNATTRIBUTED_RULE, CatalogueRule
from compliance.choices import UNATTRIBUTED, Severity
from tests.compliance.reference import reference

REAL_PACKAGES = {
    *("security", "architecture", "data_integrity", "error_handling", "observability", "quality", "backend"),
    *("tech_debt", "ux", "documentation", "frontend", "operations"),
}


def test_there_are_25_rules_in_order() -> None:
    assert [rule.id for rule in CATALOGUE] == [f"R{number:02}" for number in range(1, 26)]


def test_the_tiers_are_three_ten_and_twelve() -> None:
    assert [rule.tier for rule in CATALOGUE] == [Severity.BLOCK] * 3 + [Severity.OVERRIDE] * 10 + [
        Severity.WARNING
    ] * 12


def test_every_package_that_real_policies_have_evaluates_a_rule() -> None:
    own = {"testing", "ux_consistency", "coverage", "performance"}

    assert {package for rule in CATALOGUE for package in rule.packages} == REAL_PACKAGES | own


def test_rules_that_need_figures_share_their_package_with_no_other() -> None:
    def sharing(rule: str) -> list[str]:
        packages = next(set(entry.packages) for entry in CATALOGUE if entry.id == rule)
        return [entry.id for entry in CATALOGUE if packages & set(entry.packages)]

    assert (sharing("R17"), sharing("R18")) == (["R17"], ["R18"])


def test_markers_stand_where_something_can_be_overridden() -> None:
    assert [rule.id for rule in CATALOGUE if not rule.override_marker] == [
        rule.id for rule in CATALOGUE if rule.tier == Severity.WARNING
    ]


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_every_rule_says_all_there_is_to_say(rule: CatalogueRule) -> None:
    empty = [field.name for field in fields(rule) if field.name != "override_marker" and not getattr(rule, field.name)]

    assert empty == []
    assert 1 <= sentences(rule.description) <= 2
    assert 2 <= sentences(rule.remediation) <= 4


def sentences(text: str) -> int:
    return len(re.findall(r"[.](?= [A-Z]|$)", text))


def test_the_stand_in_blocks_and_belongs_to_no_package() -> None:
    assert (UNATTRIBUTED_RULE.id, UNATTRIBUTED_RULE.tier, UNATTRIBUTED_RULE.packages) == (UNATTRIBUTED, "BLOCK", ())


def test_the_facts_are_those_of_the_reference() -> None:
    stated = {facts["id"]: facts for facts in map(facts_of, entries(reference("rules.yaml")))}

    assert {rule.id: shipped(rule) for rule in CATALOGUE} == stated


def shipped(rule: CatalogueRule) -> dict[str, str]:
    facts = {name: getattr(rule, name) for name in ("id", "name", "tier", "category", "rule_file", "policy")}
    return facts | ({"override_marker": rule.override_marker} if rule.override_marker else {})


def entries(path: Path) -> list[str]:
    """The flow mappings of the file's one list; a reader for this file, so that no YAML library is needed."""
    return re.findall(r"^  - \{(.*?about:)", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def facts_of(entry: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+): ([^,]+),", entry))

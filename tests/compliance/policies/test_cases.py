"""Every case beside the rules, asked of the pack."""

from collections import Counter
from functools import cache

import pytest

from compliance.catalogue import CATALOGUE
from tests.compliance.policies.cases import EXPECTATIONS, Case, cases
from tests.compliance.policies.engine import Document, evaluate, findings

SEVERITIES = {"deny": "BLOCK", "override": "OVERRIDE", "warn": "WARNING"}
CASES = list(cases())
PACKAGES = {rule.id: rule.packages[0] for rule in CATALOGUE}


def of(expectation: str) -> pytest.MarkDecorator:
    chosen = [case for case in CASES if case.expect == expectation]
    return pytest.mark.parametrize("case", chosen, ids=[case.id for case in chosen])


def lines(document: Document, rule: str) -> list[int]:
    return sorted(finding["line"] for finding in findings(document, PACKAGES[rule]) if finding["rule"] == rule)


@of("violation")
def test_a_planted_fault_is_found_where_it_stands(case: Case) -> None:
    document = judged(case)

    assert lines(document, case.rule) == case.lines
    assert {finding["rule"] for finding in findings(document, PACKAGES[case.rule])} == {case.rule} | case.also


@of("violation")
def test_a_finding_stands_in_the_set_of_its_severity(case: Case) -> None:
    package = judged(case)[PACKAGES[case.rule]]

    assert [f for kind, own in SEVERITIES.items() for f in package[kind] if f["severity"] != own] == []


@of("near_miss")
def test_what_only_looks_like_a_fault_is_left_alone(case: Case) -> None:
    assert lines(judged(case), case.rule) == []


@of("marker")
def test_a_marker_excuses_its_rule_and_is_counted(case: Case) -> None:
    document = judged(case)

    assert lines(document, case.rule) == []
    assert [e["rule"] for e in document[PACKAGES[case.rule]]["excused"] if e["count"] > 0] == [case.rule]


@cache
def judged(case: Case) -> Document:
    return evaluate(case.input(), data=case.fields.get("data"))


@pytest.mark.parametrize("rule", sorted({case.rule for case in CASES}))
def test_a_rule_has_two_faults_two_near_misses_and_a_marker(rule: str) -> None:
    kinds = Counter(case.expect for case in CASES if case.rule == rule)

    assert set(kinds) == set(EXPECTATIONS)
    assert min(kinds["violation"], kinds["near_miss"]) >= 2


def test_case_names_are_unique() -> None:
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []

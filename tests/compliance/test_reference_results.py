"""Real results of real policies, read as a careful person would read them."""

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest

from compliance.attribution import attribute
from compliance.catalogue import CATALOGUE
from compliance.formats import read
from compliance.readings import Finding
from tests.compliance.reference import FOLDER, reference

NAMES = sorted(path.stem for path in FOLDER.glob("opa-results/*.json"))
TIERS = {rule.id: rule.tier.value for rule in CATALOGUE}
WEIGHTS = {"BLOCK": 10, "OVERRIDE": 3, "WARNING": 1}


@cache
def change(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(reference(f"opa-results/{name}.json").read_text(encoding="utf-8"))
    return document


@cache
def expected() -> dict[int, dict[str, Any]]:
    lines = reference("opa-results-expected.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["pr_number"]: entry for entry in map(json.loads, lines)}


@cache
def findings(name: str) -> tuple[Finding, ...]:
    reading = read("opa", change(name)["data_compliance"])
    return tuple(attribute(reading, source="opa", tiers=TIERS, changed_files=change(name)["changed_files"]))


def test_all_sixty_results_are_here() -> None:
    reference("opa-results")

    assert len(NAMES) == len(expected()) == 60


@pytest.mark.parametrize("name", NAMES)
def test_a_real_result_reads_as_expected(name: str) -> None:
    found, changed = findings(name), set(change(name)["changed_files"])
    counts = Counter(finding.severity for finding in found)
    rules = {finding.rule for finding in found}

    assert expected()[change(name)["pr_number"]] == {
        "pr_number": change(name)["pr_number"],
        "findings": len(found),
        "by_rule": {rule: Counter(f.severity for f in found if f.rule == rule) for rule in rules},
        "block_count": counts["BLOCK"],
        "override_count": counts["OVERRIDE"],
        "warning_count": counts["WARNING"],
        "score": max(0, 100 - sum(WEIGHTS[finding.severity] for finding in found)),
        "messages_naming_a_changed_file": sum(finding.file_path in changed for finding in found),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_file_of_a_real_finding_is_the_longest_changed_one_that_it_names(name: str) -> None:
    changed = change(name)["changed_files"]
    raw = read("opa", change(name)["data_compliance"]).raw

    for entry, finding in zip(raw, findings(name), strict=True):
        longest = max((path for path in changed if path in entry.message), key=len, default=None)
        assert finding.file_path == longest or (longest is None and finding.file_path not in changed)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_findings_of_a_real_result_share_a_fingerprint(name: str) -> None:
    assert len({finding.fingerprint for finding in findings(name)}) == len(findings(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_answer_of_opa_reads_like_its_value(name: str) -> None:
    value = change(name)["data_compliance"]

    assert read("opa", {"result": [{"expressions": [{"value": value}]}]}) == read("opa", value)

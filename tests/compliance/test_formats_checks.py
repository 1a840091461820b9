"""The reader of plain checks."""

import pytest

from compliance.formats import read
from compliance.readings import RawFinding, Reading
from core.errors import Invalid


def test_a_passed_check_lists_its_rule() -> None:
    assert read("checks", [{"rule_id": "R01", "status": "PASS"}]) == Reading(rules=frozenset({"R01"}))


def test_a_violation_is_a_finding_as_it_stands() -> None:
    check = {
        "rule_id": "R01",
        "status": "VIOLATION",
        "severity": "BLOCK",
        "file_path": "src/a.ts",
        "line_number": 3,
        "message": "no filter",
        "context": {"query": "select"},
    }

    assert read("checks", [check]) == Reading(
        rules=frozenset({"R01"}),
        raw=[
            RawFinding(
                package="",
                kind="",
                message="no filter",
                rule="R01",
                severity="BLOCK",
                file="src/a.ts",
                line=3,
                context={"query": "select"},
            )
        ],
    )


@pytest.mark.parametrize(
    ("status", "stated", "severity"),
    [
        ("violation", None, ""),
        ("Violation", "warning", "WARNING"),
        ("OVERRIDE", None, "OVERRIDE"),
        ("override", "BLOCK", "BLOCK"),
    ],
)
def test_severity_is_stated_or_follows_from_the_status(status: str, stated: str | None, severity: str) -> None:
    [finding] = read("checks", [{"rule_id": "R01", "status": status, "severity": stated}]).raw

    assert finding.severity == severity


def test_a_check_without_a_message_gets_a_readable_one() -> None:
    [violated, overridable] = read(
        "checks", [{"rule_id": "R01", "status": "VIOLATION"}, {"rule_id": "R07", "status": "OVERRIDE", "message": " "}]
    ).raw

    assert violated.message == "R01: violated; the check gave no message"
    assert overridable.message == "R07: needs an override; the check gave no message"


def test_fields_of_the_script_s_own_go_to_the_context() -> None:
    [finding] = read("checks", [{"rule_id": "R01", "status": "VIOLATION", "tool": "x", "context": {"a": 1}}]).raw

    assert finding.context == {"tool": "x", "a": 1}


def test_no_checks_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read("checks", [])

    assert refused.value.code == "nothing_evaluated"


@pytest.mark.parametrize(
    ("check", "place"),
    [
        (3, "results[1]"),
        ({"status": "PASS"}, "results[1].rule_id"),
        ({"rule_id": " ", "status": "PASS"}, "results[1].rule_id"),
        ({"rule_id": 7, "status": "PASS"}, "results[1].rule_id"),
        ({"rule_id": "R01"}, "results[1].status"),
        ({"rule_id": "R01", "status": "FAIL"}, "results[1].status"),
        ({"rule_id": "R01", "status": ["PASS"]}, "results[1].status"),
        ({"rule_id": "R01", "status": "VIOLATION", "severity": "HIGH"}, "results[1].severity"),
        ({"rule_id": "R01", "status": "VIOLATION", "line_number": "3"}, "results[1].line_number"),
        ({"rule_id": "R01", "status": "VIOLATION", "line_number": True}, "results[1].line_number"),
        ({"rule_id": "R01", "status": "VIOLATION", "line_number": 2**31}, "results[1].line_number"),
        ({"rule_id": "R01", "status": "VIOLATION", "file_path": 3}, "results[1].file_path"),
        ({"rule_id": "R01", "status": "VIOLATION", "message": {}}, "results[1].message"),
        ({"rule_id": "R01", "status": "VIOLATION", "context": []}, "results[1].context"),
    ],
)
def test_a_wrong_check_is_refused_with_its_place(check: object, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        read("checks", [{"rule_id": "R01", "status": "PASS"}, check])

    assert (refused.value.code, list(refused.value.errors)) == ("invalid_results", [place])


def test_a_wrong_status_is_answered_with_the_allowed_ones() -> None:
    with pytest.raises(Invalid, match=r"results\[0\]\.status: expected one of PASS, VIOLATION, OVERRIDE\."):
        read("checks", [{"rule_id": "R01", "status": "FAIL"}])


def test_a_line_number_of_zero_says_that_there_is_none() -> None:
    [finding] = read("checks", [{"rule_id": "R01", "status": "VIOLATION", "line_number": 0}]).raw

    assert finding.line is None

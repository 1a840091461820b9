"""The SARIF reader."""

from typing import Any

import pytest

from compliance import limits
from compliance.formats import read
from compliance.readings import RawFinding, Reading
from core.errors import DomainError, Invalid


def log(*results: Any, rules: Any = ({"id": "R01"},), **run: Any) -> dict[str, Any]:
    driver = {"name": "scanner", "rules": list(rules), **run.pop("driver", {})}
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver, **run.pop("tool", {})}, "results": list(results), **run}],
    }


def result(**fields: Any) -> dict[str, Any]:
    return {"ruleId": "R01", "message": {"text": "no filter"}, **fields}


def only(*args: Any, **kwargs: Any) -> RawFinding:
    [finding] = read("sarif", log(*args, **kwargs)).raw
    return finding


def at(uri: str, **more: Any) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, **more}}


def test_a_result_is_a_finding_and_the_run_s_rules_are_listed() -> None:
    reading = read("sarif", log(result(locations=[at("src/a.ts", region={"startLine": 3})]), rules=[{"id": "R02"}]))

    assert reading == Reading(
        rules=frozenset({"R01", "R02"}),
        raw=[
            RawFinding(
                package="scanner",
                kind="",
                message="no filter",
                rule="R01",
                severity="OVERRIDE",
                file="src/a.ts",
                line=3,
                context={"level": "warning"},
            )
        ],
    )


@pytest.mark.parametrize(
    ("level", "severity"), [("error", ""), ("warning", "OVERRIDE"), ("note", "WARNING"), (None, "OVERRIDE")]
)
def test_the_level_tells_the_severity_and_error_leaves_it_to_the_rule(level: str | None, severity: str) -> None:
    assert only(result(level=level)).severity == severity


def test_the_rule_s_default_level_counts_where_the_result_has_none() -> None:
    rule = {"id": "R01", "defaultConfiguration": {"level": "note"}}

    assert (only(result(), rules=[rule]).severity, only(result(level="error"), rules=[rule]).severity) == (
        "WARNING",
        "",
    )


def test_a_failing_result_of_level_none_is_a_warning() -> None:
    assert only(result(kind="fail", level="none")).severity == "WARNING"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "pass"},
        {"kind": "notApplicable"},
        {"level": "none"},
        {"baselineState": "absent"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
    ],
)
def test_what_does_not_fail_or_is_accepted_lists_its_rule_and_is_no_finding(fields: dict[str, Any]) -> None:
    assert read("sarif", log(result(**fields), rules=[])) == Reading(rules=frozenset({"R01"}))


@pytest.mark.parametrize(
    "fields",
    [
        {"suppressions": []},
        {"suppressions": [{"kind": "external", "status": "underReview"}]},
        {"suppressions": [{"status": "accepted"}, {"status": "rejected"}]},
        {"baselineState": "unchanged"},
    ],
)
def test_what_nobody_has_accepted_is_a_finding(fields: dict[str, Any]) -> None:
    assert only(result(**fields)).rule == "R01"


@pytest.mark.parametrize(
    "reference",
    [
        {"ruleId": "R02"},
        {"ruleIndex": 1},
        {"rule": {"id": "R02"}},
        {"rule": {"index": 1}},
        {"rule": {"index": 0, "toolComponent": {"index": 0}}},
        {"ruleId": "R02", "ruleIndex": -1},
        {"ruleId": "R02", "ruleIndex": 99},
    ],
)
def test_a_rule_is_named_by_id_or_index_in_driver_or_extension(reference: dict[str, Any]) -> None:
    note = {"id": "R02", "defaultConfiguration": {"level": "note"}}

    finding = only(
        {"message": {"text": "m"}, **reference}, rules=[{"id": "R01"}, note], tool={"extensions": [{"rules": [note]}]}
    )

    assert (finding.rule, finding.severity) == ("R02", "WARNING")


def test_an_extension_s_rules_are_listed() -> None:
    assert read("sarif", log(tool={"extensions": [{"rules": [{"id": "R05"}]}]})).rules == {"R01", "R05"}


def test_a_part_of_a_rule_has_the_rule_s_defaults() -> None:
    finding = only(result(ruleId="R01/2"), rules=[{"id": "R01", "defaultConfiguration": {"level": "error"}}])

    assert (finding.rule, finding.severity) == ("R01/2", "")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.ts", "src/a.ts"),
        ("src/a%20b/%5Bid%5D.tsx", "src/a b/[id].tsx"),
        ("file:///home/ci/src/a.ts", "/home/ci/src/a.ts"),
        ("caf%C3%A9.md", "café.md"),
    ],
)
def test_the_path_is_the_decoded_uri(uri: str, path: str) -> None:
    assert only(result(locations=[at(uri)])).file == path


def test_the_first_physical_location_counts() -> None:
    finding = only(result(locations=[{"logicalLocations": []}, at("a.ts"), at("b.ts")]))

    assert (finding.file, finding.line) == ("a.ts", None)


def test_a_path_may_stand_in_the_run_s_artifacts() -> None:
    location = {"physicalLocation": {"artifactLocation": {"index": 0}}}

    assert only(result(locations=[location]), artifacts=[{"location": {"uri": "src/a.ts"}}]).file == "src/a.ts"


def test_a_message_may_stand_with_its_rule_and_take_arguments() -> None:
    rule = {"id": "R01", "messageStrings": {"default": {"text": "{0} lacks {1}; {2} stays"}}}

    finding = only(result(message={"id": "default", "arguments": ["a.ts", "a filter"]}), rules=[rule])

    assert finding.message == "a.ts lacks a filter; {2} stays"


def test_a_message_may_stand_with_the_driver() -> None:
    driver = {"globalMessageStrings": {"shared": {"text": "said by all"}}}

    assert only(result(message={"id": "shared"}), driver=driver).message == "said by all"


def test_braces_of_a_message_without_arguments_are_its_own() -> None:
    assert only(result(message={"text": "withTenant({0})"})).message == "withTenant({0})"


@pytest.mark.parametrize("message", [None, {}, {"id": "unknown"}])
def test_a_result_without_a_message_says_at_least_which_rule(message: Any) -> None:
    assert only(result(message=message)).message == "R01: reported without a message"


def test_a_short_message_that_would_grow_without_bound_is_refused() -> None:
    grown = result(message={"text": "{0}" * 20_000, "arguments": ["x" * 60_000]})

    with pytest.raises(DomainError) as refused:
        read("sarif", log(grown))

    assert (refused.value.code, f"{limits.MAX_MESSAGE_BYTES:,}" in refused.value.message) == ("message_too_large", True)


def test_a_run_that_broke_off_speaks_about_nothing_but_what_it_found() -> None:
    broken = log(result(), rules=[{"id": "R02"}], invocations=[{"executionSuccessful": False}])

    assert (read("sarif", broken).rules, len(read("sarif", broken).raw)) == (frozenset(), 1)


@pytest.mark.parametrize("results", [{"runs": []}, log(rules=[]), log(invocations=[{"executionSuccessful": False}])])
def test_a_log_that_lists_no_rule_is_refused(results: object) -> None:
    with pytest.raises(Invalid) as refused:
        read("sarif", results)

    assert refused.value.code == "nothing_evaluated"


@pytest.mark.parametrize(
    ("results", "place"),
    [
        ([], "results"),
        ({"runs": None}, "results.runs"),
        ({"runs": [3]}, "results.runs[0]"),
        ({"runs": [{}]}, "results.runs[0].tool"),
        ({"runs": [{"tool": {}}]}, "results.runs[0].tool.driver"),
        (log(rules=[{}]), "results.runs[0].tool.driver.rules[0].id"),
        (log(3), "results.runs[0].results[0]"),
        (log(result(level="fatal")), "results.runs[0].results[0].level"),
        (log(result(level=[])), "results.runs[0].results[0].level"),
        (log(result(ruleId=3)), "results.runs[0].results[0].ruleId"),
        (log(result(kind={})), "results.runs[0].results[0].kind"),
        (log(result(message="m")), "results.runs[0].results[0].message"),
        (log({}, rules=[]), "results.runs[0].results[0]"),
        (log(result(locations={})), "results.runs[0].results[0].locations"),
        (
            log(result(locations=[at("a.ts", region=3)])),
            "results.runs[0].results[0].locations[0].physicalLocation.region",
        ),
        (log(result(locations=[at("a%00b")])), "results.runs[0].results[0]"),
        (log(result(suppressions=3)), "results.runs[0].results[0].suppressions"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(results: object, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        read("sarif", results)

    assert (refused.value.code, [named.startswith(place) for named in refused.value.errors]) == (
        "invalid_results",
        [True],
    )

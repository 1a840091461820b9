"""The Conftest reader."""

from typing import Any

import pytest

from compliance.formats import read
from compliance.readings import RawFinding, Reading
from core.errors import Invalid


def result(**fields: Any) -> dict[str, Any]:
    return {"filename": "input.json", "namespace": "security", "successes": 1, **fields}


def only(**fields: Any) -> RawFinding:
    [finding] = read("conftest", [result(**fields)]).raw
    return finding


def test_failures_read_as_deny_and_warnings_as_warn() -> None:
    reading = read("conftest", [result(failures=[{"msg": "a"}], warnings=[{"msg": "b"}])])

    assert [(raw.package, raw.kind, raw.message) for raw in reading.raw] == [
        ("security", "deny", "a"),
        ("security", "warn", "b"),
    ]


def test_what_a_policy_excuses_is_kept_and_does_not_block() -> None:
    assert only(exceptions=[{"msg": 'data.main.exception[_][_] == "run_as_root"'}]).kind == "warn"


def test_what_was_skipped_is_no_finding() -> None:
    assert read("conftest", [result(skipped=[{"msg": "x"}])]) == Reading(packages=frozenset({"security"}))


def test_missing_and_null_lists_are_empty_ones() -> None:
    assert read("conftest", [result(failures=None), {"filename": "a"}]).packages == {"security", "main"}


@pytest.mark.parametrize("namespace", ["security", "compliance.security", "data.compliance.security"])
def test_the_namespace_is_the_package_as_opa_names_it(namespace: str) -> None:
    assert read("conftest", [result(namespace=namespace)]).packages == {"security"}


def test_metadata_may_say_rule_severity_file_and_line() -> None:
    metadata = {"rule": "R01", "severity": "warning", "file": "src/a.ts", "line": 3, "query": "data.security.deny"}

    assert only(failures=[{"msg": "m", "metadata": metadata}]) == RawFinding(
        package="security",
        kind="deny",
        message="m",
        rule="R01",
        severity="WARNING",
        file="src/a.ts",
        line=3,
        context={"query": "data.security.deny"},
    )


def test_a_location_tells_file_and_line() -> None:
    finding = only(failures=[{"msg": "m", "loc": {"file": "k8s/a.yaml", "line": "12"}}])

    assert (finding.file, finding.line) == ("k8s/a.yaml", 12)


def test_the_tested_file_is_the_file_where_nothing_else_says_one() -> None:
    assert only(filename="k8s/a.yaml", failures=[{"msg": "m"}]).file == "k8s/a.yaml"


@pytest.mark.parametrize("filename", ["", "-", "Combined", None])
def test_standard_input_and_combined_input_are_no_file(filename: str | None) -> None:
    assert only(filename=filename, failures=[{"msg": "m"}]).file == ""


def test_testing_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="tested nothing"):
        read("conftest", [])


@pytest.mark.parametrize(
    ("results", "place"),
    [
        ({}, "results"),
        ([3], "results[0]"),
        ([result(namespace="")], "results[0].namespace"),
        ([result(filename=3)], "results[0].filename"),
        ([result(failures="x")], "results[0].failures"),
        ([result(failures=["x"])], "results[0].failures[0]"),
        ([result(failures=[{}])], "results[0].failures[0]"),
        ([result(failures=[{"msg": 3}])], "results[0].failures[0]"),
        ([result(warnings=[{"msg": "m", "metadata": []}])], "results[0].warnings[0].metadata"),
        ([result(warnings=[{"msg": "m", "loc": "a"}])], "results[0].warnings[0].loc"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(results: object, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        read("conftest", results)

    assert (refused.value.code, list(refused.value.errors)) == ("invalid_results", [place])

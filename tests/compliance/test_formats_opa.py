"""The OPA reader: what it takes for a package, a set and a member, and what it refuses."""

import pytest

from compliance import limits
from compliance.formats import read
from compliance.readings import RawFinding, Reading
from core.errors import DomainError, Invalid, TooLarge


def opa(results: object) -> Reading:
    return read("opa", results)


def only(results: object) -> RawFinding:
    [finding] = opa(results).raw
    return finding


def refusal(results: object) -> DomainError:
    with pytest.raises(DomainError) as refused:
        opa(results)
    return refused.value


def test_a_string_in_a_set_is_a_finding_of_its_package() -> None:
    finding = only({"security": {"deny": ["HARD STOP [Security/R01]: no filter"]}})

    assert finding == RawFinding(package="security", kind="deny", message="HARD STOP [Security/R01]: no filter")


def test_every_set_of_every_package_is_read_in_order() -> None:
    reading = opa({"a": {"warn": ["1"], "deny": ["2", "3"]}, "b": {"override": ["4"]}})

    assert [(raw.package, raw.kind, raw.message) for raw in reading.raw] == [
        ("a", "deny", "2"),
        ("a", "deny", "3"),
        ("a", "warn", "1"),
        ("b", "override", "4"),
    ]


def test_the_whole_answer_of_opa_eval_reads_like_its_value() -> None:
    value = {"security": {"deny": ["x"], "warn": []}}

    assert opa({"result": [{"expressions": [{"value": value, "text": "data.compliance"}]}]}) == opa(value)


def test_a_package_may_be_called_result() -> None:
    assert opa({"result": {"deny": []}}).packages == {"result"}


def test_a_rule_without_contains_gives_an_object_whose_true_keys_are_the_messages() -> None:
    reading = opa({"quality": {"deny": {"no tests": True, "not in the set": False, "coverage": "fell to 60 %"}}})

    assert [raw.message for raw in reading.raw] == ["no tests", "coverage: fell to 60 %"]


def test_an_object_as_a_member_of_such_an_object_is_read_as_an_object() -> None:
    with_message = {"msg": "said", "rule": "R10"}

    reading = opa({"quality": {"deny": {"key": {"rule": "R10"}, "other": with_message}}})

    assert [(raw.message, raw.rule) for raw in reading.raw] == [("key", "R10"), ("said", "R10")]


def test_an_object_that_opa_wrote_as_a_key_is_unfolded() -> None:
    finding = only({"security": {"deny": {'{"msg": "no filter", "rule": "R01", "line": 3}': True}}})

    assert (finding.message, finding.rule, finding.line) == ("no filter", "R01", 3)


@pytest.mark.parametrize("key", ["{not json", '{"neither": "message"}', "{}"])
def test_a_key_that_only_looks_like_an_object_is_a_message(key: str) -> None:
    assert only({"security": {"deny": {key: True}}}).message == key


def test_what_is_no_set_of_a_package_is_a_tool_of_the_policy_and_ignored() -> None:
    package = {"deny": [], "violations": ["x"], "metadata": {"deny": ["y"]}, "allow": True}

    assert opa({"security": package, "version": "1", "list": ["deny"]}) == Reading(packages=frozenset({"security"}))


def test_a_package_with_invalid_input_is_not_spoken_about_but_keeps_its_findings() -> None:
    reading = opa({"a": {"input_valid": False, "deny": ["found"]}, "b": {"input_valid": True, "warn": []}})

    assert (set(reading.packages), len(reading.raw)) == ({"b"}, 1)


def test_a_library_beside_the_policies_is_not_spoken_about() -> None:
    assert opa({"shared": {"has_changed_files": True}, "security": {"deny": []}}).packages == {"security"}


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"security": {"input_valid": False, "deny": []}},
        {"data": {"compliance": {"security": {"deny": ["a message one level too deep"]}}}},
        {"shared": {"has_changed_files": True}},
        {"allow": True},
        {"result": []},
        {"result": [{"expressions": []}]},
    ],
)
def test_what_speaks_about_nothing_is_refused(results: object) -> None:
    assert refusal(results).code == "nothing_evaluated"


@pytest.mark.parametrize("rule", ["rule", "rule_id", "id"])
@pytest.mark.parametrize("message", ["message", "msg"])
@pytest.mark.parametrize("file", ["file", "file_path", "path"])
@pytest.mark.parametrize("line", ["line", "line_number"])
def test_an_object_may_name_its_fields_in_several_ways(rule: str, message: str, file: str, line: str) -> None:
    entry = {message: "no filter", rule: "R01", file: "src/a.ts", line: 7, "remediation": "add one"}

    assert only({"security": {"deny": [entry]}}) == RawFinding(
        package="security",
        kind="deny",
        message="no filter",
        rule="R01",
        file="src/a.ts",
        line=7,
        context={"remediation": "add one"},
    )


def test_fields_that_are_not_understood_stay_in_the_context() -> None:
    entry = {"msg": "m", "rule": {"id": "R01"}, "file": ["a", "b"], "line": "3-5", "severity": "HIGH"}

    assert only({"p": {"deny": [entry]}}) == RawFinding(
        package="p", kind="deny", message="m", context={k: v for k, v in entry.items() if k != "msg"}
    )


@pytest.mark.parametrize(
    ("stated", "severity"),
    [
        ("BLOCK", "BLOCK"),
        ("hard_stop", "BLOCK"),
        ("override", "OVERRIDE"),
        ("Override Required", "OVERRIDE"),
        ("warning", "WARNING"),
        ("warn", "WARNING"),
        ("critical", ""),
        (3, ""),
        (None, ""),
    ],
)
def test_a_severity_in_our_words_is_understood(stated: object, severity: str) -> None:
    assert only({"p": {"deny": [{"msg": "m", "severity": stated}]}}).severity == severity


def test_an_object_without_a_message_says_at_least_which_rule() -> None:
    assert only({"backend": {"deny": [{"rule": "R11"}]}}).message == "R11: deny in backend, without a message"


@pytest.mark.parametrize(
    ("results", "place"),
    [
        ([], "results"),
        (None, "results"),
        ({"security": {"deny": "x"}}, "results.security.deny"),
        ({"security": {"deny": True}}, "results.security.deny"),
        ({"security": {"deny": None}}, "results.security.deny"),
        ({"security": {"deny": ["x", 3]}}, "results.security.deny[1]"),
        ({"security": {"deny": ["x", ["y"]]}}, "results.security.deny[1]"),
        ({"security": {"warn": [{"file": "a.ts"}]}}, "results.security.warn[0]"),
        ({"security": {"warn": [" "]}}, "results.security.warn[0]"),
        ({"security": {"deny": {"key": 3}}}, "results.security.deny['key']"),
        ({"result": [3]}, "results.result[0]"),
        ({"result": [{"expressions": [{"value": 3}]}]}, "results.result[0].expressions[0].value"),
        ({"result": [{"expressions": [{"value": {}}, {"value": {}}]}]}, "results.result"),
        ({"errors": [{"message": "rego_type_error"}]}, "results.errors"),
        ({"p": {"deny": ["a\0b"]}}, "results.p.deny[0]"),
        ({"p": {"deny": [{"msg": "m", "more": {"x": ["a\0b"]}}]}}, "results.p.deny[0]"),
        ({"p": {"deny": [{"msg": "m", "file": "x" * 4097}]}}, "results.p.deny[0]"),
        ({"p": {"deny": [{"msg": "m", "rule": "R" * 201}]}}, "results.p.deny[0]"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(results: object, place: str) -> None:
    error = refusal(results)

    assert (type(error), error.code, list(error.errors)) == (Invalid, "invalid_results", [place])


def test_six_characters_that_spell_an_escape_are_no_nul() -> None:
    assert only({"p": {"deny": [{"msg": "m", "more": "\\u0000"}]}}).context == {"more": "\\u0000"}


def test_the_last_finding_that_fits_is_read_and_the_next_one_refused() -> None:
    fitting = ["x"] * limits.MAX_FINDINGS

    assert len(opa({"p": {"deny": fitting}}).raw) == limits.MAX_FINDINGS
    error = refusal({"p": {"deny": fitting, "warn": ["y"]}})
    assert (error.status, error.code, "25,000" in error.message) == (422, "too_many_findings", True)


@pytest.mark.parametrize("letter", ["x", "é", "漢", "🚫"])
def test_a_message_is_measured_in_bytes(letter: str) -> None:
    fitting = letter * (limits.MAX_MESSAGE_BYTES // len(letter.encode()))

    assert only({"p": {"deny": [fitting]}}).message == fitting
    error = refusal({"p": {"deny": [fitting + letter]}})
    assert (type(error), error.code, "65,536" in error.message) == (TooLarge, "message_too_large", True)


def test_a_context_has_its_limit() -> None:
    assert refusal({"p": {"deny": [{"msg": "m", "dump": "x" * limits.MAX_CONTEXT_BYTES}]}}).code == "context_too_large"


def test_a_context_that_is_nested_too_deeply_to_be_written_again_is_refused() -> None:
    deep: object = 1
    for _ in range(1000):
        deep = [deep]

    assert refusal({"p": {"deny": [{"msg": "m", "deep": deep}]}}).code == "invalid_results"


def test_packages_are_counted() -> None:
    assert refusal({f"p{n}": {"deny": []} for n in range(limits.MAX_PACKAGES + 1)}).code == "too_many_packages"

"""Rule, severity, place and text of a finding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import limits
from compliance.attribution import attribute, known_rule
from compliance.readings import Finding, RawFinding, Reading

TIERS = {"R01": "BLOCK", "R07": "OVERRIDE", "R14": "WARNING", "R24": "WARNING", "R117": "OVERRIDE", "ACME-7": "BLOCK"}
NONE: tuple[str, ...] = ()


def found(*raw: RawFinding, changed_files: tuple[str, ...] = NONE) -> list[Finding]:
    return attribute(Reading(raw=list(raw)), source="opa", tiers=TIERS, changed_files=changed_files)


def of_string(message: str, kind: str = "deny", changed_files: tuple[str, ...] = NONE) -> Finding:
    [finding] = found(RawFinding(package="p", kind=kind, message=message), changed_files=changed_files)
    return finding


def of_object(message: str = "m", changed_files: tuple[str, ...] = NONE, **fields: object) -> Finding:
    raw = RawFinding(package="p", kind="deny", message=message)._replace(**fields)  # type: ignore[arg-type]
    [finding] = found(raw, changed_files=changed_files)
    return finding


def rule_of(message: str) -> str:
    return of_string(message).rule


@pytest.mark.parametrize(
    "message",
    [
        "HARD STOP [Error/R07]: swallowed",
        "OVERRIDE REQUIRED [Error Resilience/R07]: swallowed",
        "swallowed (R07)",
        "OVERRIDE REQUIRED (R07): violations:\nVIOLATION (R14): more",
        "R07: swallowed",
        "WARNING R07: swallowed",
        "[R07] swallowed",
        "[Error/Async/R07] swallowed",
        "[Error / R07] swallowed",
        "[Error/R07, Debt/R14] swallowed",
        "[Other/R99] first unknown, then (R07)",
        "🚫 **[Error/R07]** swallowed",
    ],
)
def test_the_first_known_rule_of_a_message_is_its_rule(message: str) -> None:
    assert rule_of(message) == "R07"


@pytest.mark.parametrize(
    "message",
    [
        "HARD STOP [Infrastructure]: no backups",
        "HARD STOP [Error/R99]: no such rule",
        "[Error/R070] is another rule",
        "[Error/XR07] as well",
        "PR07: a pull request",
        "src/R07:12 is a path",
        "see R07 for more",
        "[Error/r07] rule ids are written as they are",
        "[Error/R07 has no end",
        "a list [\nR07\n]",
        "",
    ],
)
def test_a_message_without_a_known_rule_goes_to_the_stand_in(message: str) -> None:
    assert rule_of(message) == "UNATTRIBUTED"


def test_a_finer_code_is_its_rule_and_stays_in_the_context() -> None:
    finding = of_string("WARNING [Frontend/R24-W06]: slashes")

    assert (finding.rule, finding.context) == ("R24", {"code": "R24-W06"})


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("R01", ("R01", "")),
        ("R24-W06", ("R24", "R24-W06")),
        ("R24-W06-b", ("R24", "R24-W06-b")),
        ("Security/R01", ("R01", "")),
        ("security/R24-W06", ("R24", "R24-W06")),
        ("R01/2", ("R01", "")),
        ("ACME-7", ("ACME-7", "")),
        ("ACME-7-a", ("ACME-7", "ACME-7-a")),
        ("ACME-77", ("", "")),
        ("ACME", ("", "")),
        ("R1", ("", "")),
        ("R0", ("", "")),
        ("R010", ("", "")),
        ("", ("", "")),
        ("-", ("", "")),
        ("/", ("", "")),
    ],
)
def test_a_name_means_a_known_rule_or_none(name: str, meaning: tuple[str, str]) -> None:
    assert known_rule(name, TIERS) == meaning


def test_rules_of_the_tenant_s_own_are_known_in_strings_too() -> None:
    assert [rule_of("[Own/ACME-7] x"), rule_of("ACME-7: x"), rule_of("(R117) x")] == ["ACME-7", "ACME-7", "R117"]


def test_an_object_s_rule_counts_before_its_message() -> None:
    assert of_object("[Error/R07] swallowed", rule="R01").rule == "R01"


def test_an_object_with_an_unknown_rule_may_name_a_known_one_in_its_message() -> None:
    assert of_object("[Error/R07] swallowed", rule="deny_swallowed").rule == "R07"


def test_an_unknown_rule_stays_in_the_context_of_its_finding() -> None:
    finding = of_object(rule="X9", context={"help": "h"})

    assert (finding.rule, finding.context) == ("UNATTRIBUTED", {"rule": "X9", "help": "h"})


@pytest.mark.parametrize(
    ("kind", "message", "severity"),
    [
        ("deny", "HARD STOP [Debt/R14]: said", "BLOCK"),
        ("deny", "OVERRIDE REQUIRED [Security/R01]: said", "OVERRIDE"),
        ("warn", "OVERRIDE REQUIRED [Infrastructure]: said", "OVERRIDE"),
        ("deny", "WARNING [Security/R01]: said", "WARNING"),
        ("override", "HARD STOP: said", "BLOCK"),
        ("deny", "[Security/R01] OVERRIDE REQUIRED: said after the rule", "OVERRIDE"),
        ("deny", "R01: WARNING: said after the rule", "WARNING"),
        ("deny", "🚫 **HARD STOP** said", "BLOCK"),
        ("deny", "[WARNING] said", "WARNING"),
        ("deny", "Override required: said softly", "OVERRIDE"),
        ("warn", "[Security/R01] the set tells", "WARNING"),
        ("override", "[Security/R01] the set tells", "OVERRIDE"),
        ("deny", "[Debt/R14] the tier tells", "WARNING"),
        ("deny", "[Error/R07] the tier tells", "OVERRIDE"),
        ("", "(R24) the tier tells", "WARNING"),
        ("deny", "nothing tells", "BLOCK"),
        ("", "nothing tells", "BLOCK"),
        ("deny", "[Security/R01] Log level WARNING hides a HARD STOP", "BLOCK"),
        ("deny", "Warning lights are not translated", "BLOCK"),
        ("deny", "level: WARNING is too low", "BLOCK"),
        ("deny", "WARNINGS are off", "BLOCK"),
        ("deny", "A HARD STOP further on [Debt/R14]", "WARNING"),
    ],
)
def test_severity_is_what_the_message_opens_with_then_the_set_then_the_tier(
    kind: str, message: str, severity: str
) -> None:
    assert of_string(message, kind).severity == severity


def test_a_severity_of_its_own_field_counts_before_all() -> None:
    assert of_object("HARD STOP [Security/R01]: x", severity="WARNING").severity == "WARNING"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("a.ts:42", 42),
        ("a.ts:42:7 x", 42),
        ("a.ts", None),
        ("a.ts:0", None),
        ("a.ts:x", None),
        ("a.ts:9999999999", None),
    ],
)
def test_a_string_s_line_follows_its_file(message: str, line: int | None) -> None:
    assert of_string(message, changed_files=("a.ts",)).line == line


def test_an_object_s_own_place_counts_before_its_message() -> None:
    finding = of_object("in src/a.ts:3", file="./src/b.ts", line=7, changed_files=("src/a.ts",))

    assert (finding.file_path, finding.line) == ("src/b.ts", 7)


def test_an_object_without_a_file_has_the_one_that_its_message_names() -> None:
    finding = of_object("in src/a.ts:3", line=7, changed_files=("src/a.ts",))

    assert (finding.file_path, finding.line) == ("src/a.ts", 7)


def test_the_file_that_only_a_message_names_does_not_move_an_object_s_fingerprint() -> None:
    before, after = of_object("in src/a.ts"), of_object("in src/a.ts", changed_files=("src/a.ts",))

    assert before.fingerprint == after.fingerprint


def test_all_entries_become_findings_in_order_and_twins_are_told_apart() -> None:
    raw = RawFinding(package="p", kind="deny", message="same")

    first, second, other = found(raw, raw, raw._replace(message="other"))

    assert [first.message, second.message, other.message] == ["same", "same", "other"]
    assert len({first.fingerprint, second.fingerprint, other.fingerprint}) == 3


def test_a_long_message_is_kept_cut_and_marked_after_all_was_taken_from_it() -> None:
    long = "x" * limits.MAX_MESSAGE_BYTES

    first, second = found(*(RawFinding("p", "deny", f"{long} (R07) in src/{name}.ts") for name in "ab"))

    assert (first.rule, first.file_path, second.file_path) == ("R07", "src/a.ts", "src/b.ts")
    assert first.fingerprint != second.fingerprint
    assert first.message.endswith("x … [cut: the message has 65,554 bytes]")
    assert len(first.message.encode()) == limits.KEPT_MESSAGE_BYTES


@given(st.text(st.sampled_from("aé漢🚫"), min_size=1, max_size=5), st.integers(7_000, 9_000))
def test_a_kept_message_is_whole_or_fits_with_its_mark(letters: str, size: int) -> None:
    message = (letters * size)[:size]

    kept = of_string(message).message

    assert len(kept.encode()) <= limits.KEPT_MESSAGE_BYTES
    if len(message.encode()) <= limits.KEPT_MESSAGE_BYTES:
        assert kept == message
    else:
        assert message.startswith(kept.partition(" … [cut")[0])


@pytest.mark.parametrize(
    "run",
    ["[" * 64_000, "(a" * 32_000, "[!]" * 20_000, ":1" * 32_000, "a-" * 32_000, "L1 " * 20_000],
    ids=lambda run: run[:4],
)
def test_a_text_made_to_be_slow_is_read_like_any_other(run: str) -> None:
    assert (of_string(run).rule, of_string(run).severity) == ("UNATTRIBUTED", "BLOCK")

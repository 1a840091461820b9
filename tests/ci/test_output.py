"""What developers read: the log, annotations and the summary; and what none of their texts can make of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ci.consoles import BLOCKED, PASS, REASON, Console, Said
from tests.ci.running import Opa, Outcome

Check = Callable[..., Outcome]
FINDING = {"rule": "R01", "severity": "BLOCK", "message": REASON["message"], "file": "src/basket.ts", "line": 7}


@pytest.fixture
def github(tmp_path: Path) -> dict[str, str]:
    """What the reporter needs to know that it runs under GitHub Actions."""
    files = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    return {"GITHUB_ACTIONS": "true", **files}


def commands(log: str) -> list[str]:
    """The lines that GitHub's runner takes for commands: white space before them is none, and CR ends a line."""
    lines = [line.lstrip() for line in log.replace("\r", "\n").split("\n")]
    return [line for line in lines if line.startswith("::") or "##[" in line]


def test_a_developer_reads_what_to_do(console: Console, opa: Opa, check: Check) -> None:
    advised = {**FINDING, "remediation": "Filter by tenant_id."}
    other = {"rule": "R15", "severity": "WARNING", "message": "TODO without context", "file": "src/a.ts", "line": 3}
    opa.answers({"security": {"deny": [advised]}, "tech_debt": {"warn": [other, "WARNING [R14]: no plan"]}})
    console.gets = [Said(200, BLOCKED)]
    shown = check().log.partition("BLOCKED")[2]
    assert shown == (
        ": may not merge. Score 90 of 100 (needed: 70). 1 BLOCK, 0 OVERRIDE, 0 WARNING.\n"
        "\nReasons:\n"
        "  R01  src/basket.ts:7\n"
        "      Query without a tenant\n"
        "      -> Filter by tenant_id. Fix it.\n"
        "\nFound in this change besides:\n"
        "  R15  src/a.ts:3\n"
        "      TODO without context\n"
        "\n      WARNING [R14]: no plan\n"
        "\nEverything about it: https://forge.test/pull/1\n"
    )


def test_reasons_and_findings_become_annotations(
    console: Console, opa: Opa, check: Check, github: dict[str, str]
) -> None:
    warning = {"rule": "R15", "message": "100% TODO", "file": "a,b:c.ts", "line": 3, "remediation": "Track\nit."}
    opa.answers({"security": {"deny": [FINDING]}, "tech_debt": {"warn": [warning]}})
    console.gets = [Said(200, BLOCKED)]
    assert commands(check(env=github).log) == [
        "::error file=src/basket.ts,line=7,title=Forge R01::Query without a tenant%0AFix it.",
        "::notice file=a%2Cb%3Ac.ts,line=3,title=Forge R15::100%25 TODO%0ATrack%0Ait.",
    ]


def test_outside_github_there_are_no_annotations(console: Console, check: Check, github: dict[str, str]) -> None:
    console.gets = [Said(200, BLOCKED)]
    assert commands(check(env={**github, "GITHUB_ACTIONS": ""}).log) == []
    assert not Path(github["GITHUB_STEP_SUMMARY"]).exists()


@pytest.mark.parametrize(
    "evil",
    [
        "::add-mask::x",
        "x\n::error::y",
        "x\r::error::y",
        "x\r\n  ::error::y",
        "\u00a0::error::y",
        "\u3000\x0b\x0c::error::y",
        "##[error]y",
        "x ##[add-path]y",
        "x\x85::error::y",
        "x\u2028::error::y",
        "%0A::error::y",
        "\x1b[2K\x1b[1G::error::y",
        ":::error::",
    ],
)
def test_no_text_becomes_a_command(console: Console, opa: Opa, check: Check, github: dict[str, str], evil: str) -> None:
    reason = {**REASON, "message": evil, "remedy": evil, "rule": evil, "file_path": evil}
    answer = {**BLOCKED, "verdict": evil, "reasons": [reason], "url": evil}
    opa.answers({"security": {"deny": [{**FINDING, "message": f"{evil}2", "file": evil, "remediation": evil}]}})
    console.gets = [Said(200, answer)]
    found = commands(check(env={**github, "FORGE_TITLE": evil}).log)
    assert [line.split(" ")[0] for line in found] == ["::error", "::warning"]
    assert "##[" not in "".join(found)
    for refused in (Said(403, {"detail": evil, "errors": {evil: [evil]}}), Said(302, b"", {"Location": "::error::y"})):
        console.posts = [refused]
        assert [line.split(" ")[0] for line in commands(check(env=github).log)] == ["::error"]


def test_no_text_becomes_an_output(console: Console, check: Check, github: dict[str, str]) -> None:
    console.gets = [Said(200, {**PASS, "verdict": "PASS\nverdict=X", "url": "https://x\nscore=0"})]
    check(env=github)
    written = Path(github["GITHUB_OUTPUT"]).read_text()
    assert written == "verdict=PASS verdict=X\nscore=100\nurl=https://x score=0\n"


def test_the_summary_is_a_table(console: Console, check: Check, github: dict[str, str]) -> None:
    console.gets = [Said(200, BLOCKED)]
    check(env=github)
    assert Path(github["GITHUB_STEP_SUMMARY"]).read_text() == (
        "### Forge: BLOCKED\\: may not merge\\.\n\n"
        "Score 90 of 100 \\(needed\\: 70\\)\\. 1 BLOCK\\, 0 OVERRIDE\\, 0 WARNING\\.\n\n"
        "**Reasons**\n\n| rule | where | what | what to do |\n|---|---|---|---|\n"
        "| R01 | src\\/basket\\.ts\\:7 | Query without a tenant | Fix it\\. |\n\n"
        "[Everything about it](<https://forge.test/pull/1>)\n\n"
    )


def test_no_text_becomes_markup(console: Console, check: Check, github: dict[str, str]) -> None:
    evil = "<img src=x> [a](javascript:b) | @kim https://evil.test `c` **d** &lt;\n# e"
    console.gets = [Said(200, {**BLOCKED, "reasons": [{**REASON, "message": evil}], "url": "javascript:x"})]
    check(env=github)
    summary = Path(github["GITHUB_STEP_SUMMARY"]).read_text()
    shown = r"&lt;img src\=x\> \[a\]\(javascript\:b\) \| \@kim https\:\/\/evil\.test \`c\` \*\*d\*\* &amp;lt\; \# e"
    assert f"| {shown} |" in summary
    assert "Everything about it" not in summary


def test_what_was_let_through_is_said_loudly(console: Console, check: Check, github: dict[str, str]) -> None:
    console.posts = [Said(503, {})]
    outcome = check("--retry", "0", "--on-error", "pass", env=github)
    assert outcome.code == 0
    assert commands(outcome.log)[0].startswith("::warning title=Forge did not check this change::NOT CHECKED")
    assert "### Forge: not checked" in Path(github["GITHUB_STEP_SUMMARY"]).read_text()


def test_what_could_not_be_told_stands_in_the_summary(console: Console, check: Check, github: dict[str, str]) -> None:
    console.posts = [Said(403, {"detail": "Not for <this> repository."})]
    assert check(env=github).code == 2
    assert (
        "### Forge: could not tell\n\nThe console answers 403\\: Not for &lt;this\\> repository"
        in Path(github["GITHUB_STEP_SUMMARY"]).read_text()
    )


def test_thousands_of_reasons_stay_readable(console: Console, check: Check, github: dict[str, str]) -> None:
    many: list[dict[str, Any]] = [{**REASON, "line_number": line, "message": "x" * 8000} for line in range(1, 1001)]
    console.gets = [Said(200, {**BLOCKED, "reasons": many})]
    outcome = check(env=github)
    assert (outcome.code, len(commands(outcome.log))) == (1, 50)
    assert "... and 900 more" in outcome.log
    assert Path(github["GITHUB_STEP_SUMMARY"]).stat().st_size < 1024 * 1024


def test_a_log_that_knows_no_unicode_is_no_failure(console: Console, check: Check) -> None:
    console.gets = [Said(200, {**PASS, "verdict": "PÄSS →"})]
    assert check(env={"LANG": "C", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}).code == 0

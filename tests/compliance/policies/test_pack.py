"""What the pack as a whole holds to: every trigger has its cases, and no change makes it fail."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.catalogue import CATALOGUE
from tests.compliance.policies.cases import POLICIES, cases
from tests.compliance.policies.engine import evaluate, findings
from tests.compliance.reference import reference

pytestmark = pytest.mark.long

CASES = list(cases())
RULES = sorted({case.rule for case in CASES})


def triggers() -> dict[str, set[str]]:
    text = reference("rules.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"\{id: (R\d\d),.*?triggers: \[([^\]]*)\]", text, re.DOTALL)
    return {rule: {trigger.strip() for trigger in listed.split(",")} for rule, listed in entries}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("expectation", ["violation", "near_miss"])
def test_every_trigger_has_its_own(rule: str, expectation: str) -> None:
    covered = {case.trigger for case in CASES if case.rule == rule and case.expect == expectation}

    assert covered == triggers()[rule]


def test_severities_and_markers_are_the_catalogue_s() -> None:
    library = (POLICIES / "lib" / "catalogue.rego").read_text(encoding="utf-8")
    stated = re.findall(r'"(R\d\d)": \{"severity": "([A-Z]+)"(?:, "marker": "([a-z-]+)")?\}', library)

    assert stated == [(rule.id, rule.tier.value, rule.override_marker) for rule in CATALOGUE]


def test_a_template_s_comment_excuses_nothing() -> None:
    change = fault()
    change["pr_body"] = "<!-- @override:error-handling if you must -->"

    assert [finding["rule"] for finding in findings(evaluate(change), "error_handling")] == ["R07"]


@pytest.mark.parametrize("exemption", [{"files": ["apps/legacy/**"]}, {"authors": ["kim"]}])
@pytest.mark.parametrize("rule", ["R07", "*"])
def test_an_exemption_is_counted(exemption: dict[str, Any], rule: str) -> None:
    answer = evaluate(fault(), data={"exemptions": {rule: exemption}})["error_handling"]

    assert (answer["override"], answer["exempted"]) == ([], [{"rule": "R07", "count": 1}])


def test_an_exemption_of_other_files_and_people_exempts_nobody() -> None:
    data = {"exemptions": {"R07": {"files": ["apps/api/**"], "authors": ["lee"]}}}

    assert len(evaluate(fault(), data=data)["error_handling"]["override"]) == 1


def fault() -> dict[str, Any]:
    diff = "@@ -0,0 +1,1 @@\n+try { go(); } catch (e) {}\n"
    return {
        "changed_files": [{"path": "apps/legacy/src/a.ts", "diff": diff, "status": "added"}],
        "pr_title": "Go",
        "pr_body": "",
        "author": "kim",
    }


@pytest.mark.parametrize("change", [{}, {"changed_files": None}, {"changed_files": "all"}])
def test_without_changed_files_nothing_is_spoken_about(change: dict[str, Any]) -> None:
    assert {answer["input_valid"] for answer in evaluate(change).values()} == {False}


ODD = [
    {"path": "a b/ü'\"\n\t.ts", "diff": "@@ -0,0 +1 @@\n+try { } catch {}\n\\ No newline at end of file"},
    {"path": "logo.png", "diff": "Binary files a/logo.png and b/logo.png differ\n"},
    {"path": "new.ts", "status": "renamed", "diff": ""},
    {"path": "x.ts", "diff": None, "status": None, "additions": "many"},
    {"path": "x.ts"},
    {"path": ""},
    {"path": 7},
    {},
    "x.ts",
    None,
]


def test_odd_files_are_read_or_passed_over() -> None:
    answer = evaluate({"changed_files": ODD, "pr_title": None, "pr_body": None, "author": None})

    assert [finding["file"] for finding in findings(answer, "error_handling")] == [ODD[0]["path"]]  # type: ignore[index]


SUFFIXES = [".ts", ".controller.ts", ".dto.ts", ".tsx", ".sql", ".prisma", ".yml", ".md", ".spec.ts", ".event.ts", ""]
WORDS = [
    *("await this.prisma.user.update({", "where: { id }", "data: { status: 'A' },", "});", "} catch (e) {", "try {"),
    *("async run(id: string) {", "@Get('x')", "@Body() body: any", "export class A {", "enum OrderStatus {", "/*"),
    *("CREATE TABLE a (tenant_id uuid);", "$$", "model A {", "  name String?", "`", "\\", "\x00", "if (x) {", "}"),
    *("*/", "// a"),
]
LINES = st.one_of(st.sampled_from(WORDS), st.text(max_size=40).map(lambda text: text.replace("\n", " ")))
DIFFS = st.lists(st.tuples(st.sampled_from(["+", "-", " ", "", "@@ -1,3 +1,4 @@", "\\ "]), LINES), max_size=25).map(
    lambda rows: "@@ -1 +1 @@\n" + "\n".join(sign + text for sign, text in rows)
)
FILES = st.builds(
    lambda name, suffix, diff, status: {"path": f"apps/api/src/{name}{suffix}", "diff": diff, "status": status},
    # The engine's globs keep a private character for themselves, and fail over a path that holds it.
    st.text(st.characters(exclude_categories=["Cs", "Co", "Cn"]), max_size=8),
    st.sampled_from(SUFFIXES),
    DIFFS,
    st.sampled_from(["added", "modified", "removed", "renamed", "type changed"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(FILES, max_size=3), st.sampled_from(["Add", "refactor: x", "[BREAKING] x"]))
def test_no_diff_makes_the_pack_fail(files: list[dict[str, Any]], title: str) -> None:
    answer = evaluate({"changed_files": files, "pr_title": title, "pr_body": "", "author": "kim"})

    assert all(finding["line"] >= 0 and finding["message"] for finding in findings(answer))


def test_ten_thousand_files_are_read() -> None:
    """Mostly pictures, as changes of that size have."""
    code, picture = fault()["changed_files"][0]["diff"], "Binary files /dev/null and b/a.png differ\n"
    files = [{"path": f"assets/m{n}.png", "diff": picture} for n in range(9_800)]
    files += [{"path": f"apps/api/src/m{n}/a.ts", "diff": code} for n in range(200)]

    assert len(findings(evaluate({"changed_files": files}), "error_handling")) == 200

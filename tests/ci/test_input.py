"""What the reporter builds from git is what the product itself builds, and goes where it should."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from compliance.evaluation.changes import read_change
from compliance.evaluation.pack import read_pack
from compliance.limits import MAX_CHANGED_FILES
from tests.ci.consoles import Console
from tests.ci.running import Opa, Outcome, report
from tests.evaluation.repositories import Repository

Check = Callable[..., Outcome]
STRANGE: dict[str, str | bytes] = {
    "a b.ts": "1\n",
    "quo\"te's.ts": "1\n",
    "new\nline.ts": "1\n",
    "tab\there.ts": "1\n",
    "größe/日本.ts": "1\n",
    "-n.ts": "1\n",
    "diff --git a/x b/x": "diff --git a/y b/y\n++ plus\n-- minus\n@@ -1 +1 @@\n",
    "no-end.ts": "no newline",
    "cr.ts": "one\r\ntwo\rthree\x0cfour\n",
    "empty.ts": "",
    "logo.png": b"\x89PNG\0\1",
    ":(exclude)x.ts": "1\n",
    ".gitattributes": "* -diff\n",
}


def test_policies_see_what_the_product_itself_would_show_them(clone: Repository, opa: Opa, check: Check) -> None:
    clone.commit("Base", {"old name.ts": "same\n" * 9, "gone.ts": "gone\n", "kind.ts": "text\n", "mode.sh": "1\n"})
    clone.git("tag", "-f", "base")
    for name, content in STRANGE.items():
        clone.write(name, content)
    (clone.folder / os.fsdecode(b"latin-\xe9.ts")).write_bytes(b"\xe9\n")
    (clone.folder / "old name.ts").rename(clone.folder / "new name.ts")
    (clone.folder / "gone.ts").unlink()
    (clone.folder / "kind.ts").unlink()
    (clone.folder / "kind.ts").symlink_to("README.md")
    (clone.folder / "mode.sh").chmod(0o755)
    clone.commit("Everything at once")
    assert check().code == 0
    expected = read_change(clone.folder, base="base").input
    assert opa.asked == {**expected, "pr_number": 42}
    assert len(expected["changed_files"]) == len(STRANGE) + 5


def test_what_the_base_branch_did_since_is_no_part_of_the_change(clone: Repository, opa: Opa, check: Check) -> None:
    clone.git("checkout", "-q", "-b", "main2", "base")
    later = clone.commit("Later", {"later.ts": "1\n"})
    clone.git("checkout", "-q", "main")
    assert check("--base", later).code == 0
    assert [file["path"] for file in opa.asked["changed_files"]] == ["src/basket.ts"]


def test_a_nul_does_not_hide_source_code(clone: Repository, opa: Opa, check: Check) -> None:
    clone.commit("Hide", {"src/basket.ts": b"// \0\nawait db.query(everything)\n", "logo.png": b"\0\1"})
    check()
    shown = {file["path"]: file["diff"] for file in opa.asked["changed_files"]}
    assert "+await db.query(everything)" in shown["src/basket.ts"]
    assert shown["logo.png"] == ""


def test_old_names_of_renamed_files_are_touched_as_well(clone: Repository, console: Console, check: Check) -> None:
    clone.git("tag", "-f", "base")
    clone.git("mv", "src/basket.ts", "src/cart.ts")
    clone.commit("Rename")
    check()
    assert console.report["changed_files"] == ["src/cart.ts", "src/basket.ts"]


def test_ten_thousand_files_are_reported_and_one_more_is_refused(
    clone: Repository, console: Console, check: Check
) -> None:
    clone.git("tag", "-f", "base")
    clone.commit("Many", {f"many/{number}.ts": f"{number}\n" for number in range(MAX_CHANGED_FILES)})
    assert check().code == 0
    assert len(console.report["changed_files"]) == MAX_CHANGED_FILES
    clone.commit("One more", {"one.ts": "1\n"})
    outcome = check()
    assert (outcome.code, len(console.asked)) == (2, 2)
    assert "10,001 files changed; a report holds 10,000. Split the change." in outcome.log


def test_a_shallow_clone_without_the_base_is_told_to_fetch(
    clone: Repository, tmp_path: Path, console: Console, opa: Opa, policies: Path
) -> None:
    base = clone.git("rev-parse", "base")
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{clone.folder}", tmp_path / "shallow"], check=True)
    flags = ["--url", console.url, "--policies", str(policies), "--base", base, "--repository", "acme/shop"]
    outcome = report(*flags, folder=tmp_path / "shallow", path=opa.folder)
    assert (outcome.code, console.asked) == (2, [])
    assert f"The base revision {base} is not in this clone" in outcome.log
    assert "fetch-depth: 0" in outcome.log


@pytest.mark.parametrize(
    "flags", [["--base", "nowhere"], ["--head", "nowhere"], ["--base=--output=x"], ["--repo", "/"]]
)
def test_what_is_no_revision_or_clone_cannot_be_told(check: Check, console: Console, flags: list[str]) -> None:
    assert check(*flags).code == 2
    assert console.asked == []


def test_a_first_push_is_compared_with_nothing(opa: Opa, check: Check) -> None:
    assert check("--base", "0" * 40).code == 0
    assert [file["path"] for file in opa.asked["changed_files"]] == ["README.md", "src/basket.ts"]


def test_coverage_and_performance_reach_the_policies(tmp_path: Path, opa: Opa, check: Check) -> None:
    (tmp_path / "coverage.json").write_text('{"lines": 61.5}')
    (tmp_path / "budget.json").write_text('{"bundle_kb": 300}')
    check("--coverage", str(tmp_path / "coverage.json"), env={"FORGE_PERFORMANCE": str(tmp_path / "budget.json")})
    assert (opa.asked["coverage"], opa.asked["performance"]) == ({"lines": 61.5}, {"bundle_kb": 300})


def test_without_figures_the_policies_see_none(opa: Opa, check: Check) -> None:
    check()
    assert sorted(opa.asked) == ["author", "changed_files", "pr_body", "pr_number", "pr_title"]


def test_opa_gets_policies_and_data_without_tests_and_without_the_token(opa: Opa, check: Check) -> None:
    check()
    assert opa.saw("files")[1:] == ["exemptions.json", "security.rego"]
    assert opa.saw("arguments")[-2:] == ["--stdin-input", "data.compliance"]
    assert not [name for name in opa.saw("environment") if name.startswith("FORGE_TOKEN")]


def test_a_pack_has_one_revision_wherever_it_is_evaluated(policies: Path, console: Console, check: Check) -> None:
    (policies / "exemptions.json").unlink()
    outcome = check("--print-policy-revision")
    check()
    assert outcome.log.strip() == console.report["policy_revision"] == read_pack(policies).revision


def test_other_data_is_another_revision(policies: Path, check: Check) -> None:
    before = check("--print-policy-revision").log
    (policies / "exemptions.json").write_text('{"exemptions": {"files": ["**"]}}')
    assert check("--print-policy-revision").log != before

"""The input of the policies, from git: every change that a repository can hold, read or refused with a way out."""

import os
from pathlib import Path
from typing import Any

import pytest

from compliance.evaluation.changes import Words, read_change
from core.errors import DomainError
from tests.evaluation.repositories import Repository

AWKWARD = ["with space.ts", 'quo"te.ts', "tab\tand\nnew line.ts", "größe-日本.ts", "-dash.ts", "back\\slash.ts"]
FORGED = "x\ndiff --git a/y b/y\n@@ -0,0 +1 @@\n+forged"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def files_of(repository: Repository, **options: Any) -> dict[str, dict[str, Any]]:
    change = read_change(repository.folder, base="main", **options)
    return {file.pop("path"): file for file in change.input["changed_files"]}


def added(text: str) -> dict[str, Any]:
    return {"diff": f"@@ -0,0 +1 @@\n+{text}", "additions": 1, "deletions": 0, "status": "added"}


def test_a_change_is_what_the_branch_adds_since_it_parted(repository: Repository) -> None:
    repository.branch("feature")
    tip = repository.commit("Add basket\n\nCloses 7.", {"src/basket.ts": "one\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("Elsewhere", {"src/other.ts": "two\n"})
    change = read_change(repository.folder, base="main", head="feature")
    assert (change.head, change.paths) == (tip, ["src/basket.ts"])
    assert change.input == {
        "changed_files": [{"path": "src/basket.ts", **added("one")}],
        "pr_title": "Add basket",
        "pr_body": "Closes 7.",
        "pr_number": None,
        "author": "Mira Okafor",
    }


def test_what_the_pull_request_says_takes_the_place_of_the_commit(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit("wip", {"a.ts": "one\n"})
    words = Words(title="", body="@override:state-machine", number=42, author="jonas")
    change = read_change(repository.folder, base="main", words=words).input
    assert [change[name] for name in ("pr_title", "pr_body", "pr_number", "author")] == ["", *words[1:]]


def test_names_are_read_as_they_are(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit("Awkward", dict.fromkeys([*AWKWARD, FORGED], "one\n"))
    assert files_of(repository) == dict.fromkeys([*AWKWARD, FORGED], added("one"))


def test_a_name_that_is_no_text_is_shown_with_marks(repository: Repository) -> None:
    repository.branch("feature")
    Path(os.fsdecode(os.fsencode(repository.folder) + b"/caf\xe9.ts")).write_text("one\n")
    repository.commit("Latin 1")
    assert files_of(repository) == {"caf�.ts": added("one")}


def test_renames_deletions_binaries_links_and_modes(repository: Repository) -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    before: dict[str, str | bytes] = {
        "old.ts": text,
        "gone.ts": "bye\n",
        "pixel.png": b"\0\1",
        "now-a-link.ts": "one\n",
        "run.sh": "one\n",
    }
    repository.commit("Before", before)
    repository.branch("feature")
    (repository.folder / "old.ts").rename(repository.folder / "new.ts")
    for name in ("gone.ts", "now-a-link.ts"):
        (repository.folder / name).unlink()
    (repository.folder / "now-a-link.ts").symlink_to("new.ts")
    (repository.folder / "run.sh").chmod(0o755)
    repository.commit("After", {"pixel.png": b"\0\2", "new.ts": text + "more\n", "empty.ts": ""})
    found = files_of(repository)
    assert {path: (file["status"], file["additions"], file["deletions"]) for path, file in found.items()} == {
        "empty.ts": ("added", 0, 0),
        "gone.ts": ("removed", 0, 1),
        "new.ts": ("renamed", 1, 0),
        "now-a-link.ts": ("modified", 1, 1),
        "pixel.png": ("modified", 0, 0),
        "run.sh": ("modified", 0, 0),
    }
    assert found["pixel.png"]["diff"] == found["run.sh"]["diff"] == ""


def test_lines_that_look_like_headers_or_end_oddly_stay_lines(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit(
        "Odd", {"odd.sql": "++ b/x\n-- comment\ndiff --git a/x b/x\n@@ -1 +1 @@\na\rb\x0cc\u2028d\n\nend"}
    )
    file = files_of(repository)["odd.sql"]
    assert file["diff"].split("\n")[1:] == [
        *("+++ b/x", "+-- comment", "+diff --git a/x b/x", "+@@ -1 +1 @@", "+a\rb\x0cc\u2028d", "+", "+end"),
        "\\ No newline at end of file",
    ]
    assert (file["additions"], file["deletions"]) == (7, 0)


def test_a_change_cannot_hide_code_behind_its_own_attributes(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit("Hide", {".gitattributes": "*.ts binary\n*.ts -diff\n", "src/a.ts": "one\n"})
    assert files_of(repository)["src/a.ts"] == added("one")


def test_a_change_cannot_hide_code_behind_a_nul(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit("Hide", {"src/a.ts": b"one\n// \0\n", "pixel.png": b"one\n\0"})
    found = files_of(repository)
    assert found["src/a.ts"] == {**added("one\n+// \0"), "diff": "@@ -0,0 +1,2 @@\n+one\n+// \0", "additions": 2}
    assert found["pixel.png"]["diff"] == ""


def test_a_report_speaks_about_old_names_too(repository: Repository) -> None:
    repository.branch("feature")
    (repository.folder / "README.md").rename(repository.folder / "docs.md")
    repository.commit("Move")
    change = read_change(repository.folder, base="main")
    assert (change.paths, change.files) == (["docs.md", "README.md"], 1)


def test_nothing_of_the_repository_is_run(repository: Repository, tmp_path: Path) -> None:
    traces = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {traces}\ncat "$1" 2>/dev/null\n')
    program.chmod(0o755)
    settings = ("core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command", "core.pager", "core.sshCommand")
    for setting in settings:
        repository.git("config", setting, str(program))
    repository.git("config", "core.hooksPath", str(tmp_path))
    repository.git("config", "color.ui", "always")
    repository.git("config", "diff.noprefix", "true")
    repository.git("config", "diff.context", "0")
    repository.branch("feature")
    repository.commit("Run", {".gitattributes": "*.ts diff=x\n", "src/a.ts": "one\n"})
    traces.unlink(missing_ok=True)
    assert files_of(repository)["src/a.ts"] == added("one")
    assert not traces.exists()


def test_a_hook_that_calls_us_does_not_mislead_us(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.branch("feature")
    repository.commit("Add", {"a.ts": "one\n"})
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=0")
    assert files_of(repository) == {"a.ts": added("one")}


def test_ten_thousand_files_are_read_and_one_more_is_refused(repository: Repository) -> None:
    repository.branch("feature")
    repository.commit("Many", {f"src/{number:05}.ts": "one\n" for number in range(10_000)})
    assert len(files_of(repository)) == 10_000
    repository.commit("One more", {"src/more.ts": "one\n"})
    assert refusal(repository.folder) == (
        "too_many_files",
        "The change touches 10,001 files; a report may carry 10,000. Split the change, or compare with a nearer base.",
    )


def refusal(folder: Path, base: str = "main") -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        read_change(folder, base=base)
    return refused.value.code, refused.value.message


def test_a_shallow_clone_is_told_to_fetch(repository: Repository, tmp_path: Path) -> None:
    repository.branch("feature")
    repository.commit("Add", {"a.ts": "one\n"})
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", "--branch=feature", repository.folder.as_uri(), str(shallow))
    code, message = refusal(shallow, "origin/main")
    assert (code, "git fetch --unshallow" in message, "fetch-depth: 0" in message) == ("no_revision", True, True)


def test_a_base_that_is_not_there_is_named(repository: Repository) -> None:
    code, message = refusal(repository.folder, "--output=/tmp/x")
    assert code == "no_revision"
    assert message.startswith(f"{repository.folder} has no revision --output=/tmp/x. Fetch it first")


def test_branches_without_a_common_history_are_refused(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "island")
    repository.commit("Alone")
    assert refusal(repository.folder)[0] == "no_merge_base"


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    assert refusal(tmp_path)[0] == "no_repository"
    assert refusal(tmp_path / "missing") == ("no_repository", f"{tmp_path / 'missing'} is no folder.")


def test_a_machine_without_git_is_told_so(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(repository.folder) == ("no_git", "git is not on the PATH: install it (on Debian: apt install git).")

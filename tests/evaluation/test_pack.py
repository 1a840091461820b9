"""A folder of policies, as OPA would load it."""

from pathlib import Path

import pytest

from compliance.evaluation.engine import evaluate
from compliance.evaluation.pack import read_pack
from core.errors import DomainError

POLICY = "package compliance.a\n\nwarn contains data.limits.files.most\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        "a.rego": POLICY,
        "lib/b.rego": "package b\n",
        "limits/files/data.yaml": "most: 7\n",
        "a_test.rego": "no Rego",
        ".git/c.rego": "no Rego",
        "README.md": "no Rego",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_policies_and_data_are_read_and_nothing_else(folder: Path) -> None:
    pack = read_pack(folder)
    assert (pack.modules, pack.data) == (
        {"a.rego": POLICY, "lib/b.rego": "package b\n"},
        {"limits": {"files": {"most": 7}}},
    )
    assert evaluate({}, pack=pack) == {"a": {"warn": [7]}}


def test_what_is_said_for_one_evaluation_goes_before_the_packs_own(folder: Path) -> None:
    assert evaluate({}, data={"limits": {"files": {"most": 9}}}, pack=read_pack(folder)) == {"a": {"warn": [9]}}


def test_the_revision_is_of_names_and_contents(folder: Path) -> None:
    revisions = [read_pack(folder).revision]
    for name, content in (("README.md", "other"), ("a_test.rego", "other"), ("lib/b.rego", "package c\n")):
        (folder / name).write_text(content)
        revisions.append(read_pack(folder).revision)
    (folder / "lib/b.rego").rename(folder / "lib/c.rego")
    revisions.append(read_pack(folder).revision)
    (folder / "limits/files/data.yaml").write_text("most: 8\n")
    revisions.append(read_pack(folder).revision)
    assert len(revisions[0]) == 12
    assert [revisions.index(revision) for revision in revisions] == [0, 0, 0, 3, 4, 5]


@pytest.mark.parametrize("content", ["a: [", "- a list"])
def test_data_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "limits/files/data.yaml").write_text(content)
    with pytest.raises(DomainError, match=r"limits/files/data\.yaml"):
        read_pack(folder)


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="There are no policies"):
        read_pack(tmp_path)

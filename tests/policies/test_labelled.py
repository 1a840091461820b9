"""The corpus is what it says: diffs as git writes them, labels that speak about them, each rule broken and tempted."""

import re
from collections import Counter

import pytest

from compliance.catalogue import CATALOGUE
from tests.policies.labelled import LabelledChange, labelled_changes, unified, whole

CORPUS = labelled_changes()
RULES = {rule.id for rule in CATALOGUE}
HEADER = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")


def test_there_are_more_than_a_hundred_changes_with_names_of_their_own() -> None:
    assert len({change.name for change in CORPUS}) == len(CORPUS) > 150


def test_each_rule_is_broken_three_times_and_much_breaks_none() -> None:
    broken = Counter(each.rule for change in CORPUS for each in change.expected)
    assert {rule: count for rule, count in broken.items() if count < 3} == {}
    assert set(broken) == RULES
    assert sum(not change.expected for change in CORPUS) >= 2 * len(RULES)


@pytest.mark.parametrize("change", CORPUS, ids=lambda change: change.name)
def test_labels_speak_about_files_of_their_change(change: LabelledChange) -> None:
    paths = [file["path"] for file in change.input["changed_files"]]
    assert len(set(paths)) == len(paths)
    # A figure of the whole change belongs to no file.
    assert {file for each in change.expected for file in each.files} - {*paths, ""} == set()
    assert {each.rule for each in change.expected if "" in each.files} <= {"R17", "R18"}


@pytest.mark.parametrize("change", CORPUS, ids=lambda change: change.name)
def test_hunks_are_as_long_as_their_headers_say(change: LabelledChange) -> None:
    for file in change.input["changed_files"]:
        for hunk in re.split(r"(?m)^(?=@@ )", file["diff"])[1:]:
            header, *lines = hunk.rstrip("\n").split("\n")
            _, old, _, new = map(int, HEADER.match(header).groups())  # type: ignore[union-attr]
            assert {line[0] for line in lines} <= {" ", "+", "-"}, file["path"]
            assert (sum(line[0] != "+" for line in lines), sum(line[0] != "-" for line in lines)) == (old, new)
            assert any(line[0] != " " for line in lines), file["path"]


def test_a_later_hunk_moves_by_what_earlier_ones_added() -> None:
    sketch = "@@ 3 @@ class A {\n one\n+two\n\n@@ 20 @@\n-three\n+four\n"
    assert unified(sketch) == "@@ -3,2 +3,3 @@ class A {\n one\n+two\n \n@@ -20,1 +21,1 @@\n-three\n+four"


def test_a_file_is_added_or_removed_as_a_whole() -> None:
    assert whole("a\n\nb\n", "added") == "@@ -0,0 +1,3 @@\n+a\n+\n+b"
    assert whole("a\n", "removed") == "@@ -1,1 +0,0 @@\n-a"

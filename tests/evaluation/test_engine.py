"""Rego in this process."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from compliance.evaluation.engine import EngineFailed, evaluate
from compliance.evaluation.pack import Pack
from core.errors import DomainError, Invalid

POLICY = """
package compliance.security

deny contains file.path if {
    some file in input.changed_files
    not exempt(file.path)
}

exempt(path) if path in data.exemptions.files
"""
PACK = Pack({"security.rego": POLICY}, "one")
CHANGE = {"changed_files": [{"path": "b 'é\n.ts"}, {"path": "a.ts"}]}


def a_pack(source: str) -> Pack:
    return Pack({"policy.rego": source}, source)


def denied(change: dict[str, Any] = CHANGE, **options: Any) -> list[str]:
    found: list[str] = evaluate(change, pack=PACK, **options)["security"]["deny"]
    return found


def test_sets_come_as_sorted_lists() -> None:
    assert evaluate(CHANGE, pack=PACK) == {"security": {"deny": ["a.ts", "b 'é\n.ts"]}}


def test_nothing_of_one_evaluation_reaches_the_next() -> None:
    assert denied(data={"exemptions": {"files": ["a.ts"]}}) == ["b 'é\n.ts"]
    assert denied(data={"exemptions": {"files": ["b 'é\n.ts"]}}) == ["a.ts"]
    assert denied({"changed_files": []}) == []
    assert denied() == ["a.ts", "b 'é\n.ts"]


def test_every_thread_may_evaluate() -> None:
    changes = [{"changed_files": [{"path": str(number)}]} for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(denied, changes)) == [[str(number)] for number in range(40)]


def test_two_packs_are_kept_apart() -> None:
    other = a_pack('package compliance.ux\n\nwarn contains "always"')
    assert [evaluate({}, pack=pack) for pack in (other, PACK, other)] == [
        {"ux": {"warn": ["always"]}},
        {"security": {"deny": []}},
        {"ux": {"warn": ["always"]}},
    ]


def test_a_pack_that_says_nothing_is_an_empty_answer() -> None:
    assert evaluate({}, pack=a_pack("package another\n\ndeny := true")) == {}


@pytest.mark.parametrize(
    ("source", "code", "complaint"),
    [
        ("package compliance.a\nfoo {", "policy_unreadable", "policy.rego is no Rego:"),
        ("package compliance.a\na := 1\na := 2", "evaluation_failed", "The policies failed:"),
        ("package compliance\nx := y if z", "evaluation_failed", "The policies failed:"),
    ],
)
def test_a_pack_that_is_wrong_says_where(source: str, code: str, complaint: str) -> None:
    with pytest.raises(EngineFailed) as failure:
        evaluate({}, pack=a_pack(source))
    assert failure.value.code == code
    assert failure.value.message.startswith(complaint)
    assert "backtrace" not in failure.value.message


@pytest.mark.parametrize("change", [{"title": "\ud800"}, {"title": {1, 2}}])
def test_what_json_cannot_hold_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="The input cannot be written as JSON"):
        evaluate(change, pack=PACK)


def test_after_a_failure_the_engine_answers_as_before() -> None:
    with pytest.raises(DomainError):
        evaluate({"title": "\ud800"}, pack=PACK)
    assert denied() == ["a.ts", "b 'é\n.ts"]

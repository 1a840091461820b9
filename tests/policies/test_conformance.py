"""OPA's own engine and the one in this process answer alike; and where they did not, it would be seen."""

import pytest

from tests.policies import conformance
from tests.policies.conformance import Difference, Question
from tests.policies.opa_environment import real_opa

pytestmark = pytest.mark.long


def test_both_engines_answer_every_case_alike() -> None:
    python = real_opa()
    if python is None:
        pytest.skip("the real OPA engine is not installed and PyPI does not answer")
    asked = conformance.questions()
    opa, regorus = conformance.by_opa(python, asked), conformance.by_regorus(asked)
    assert conformance.differences(asked, opa, regorus) == []
    assert sum(conformance.findings_of(opa).values()) > 0


ASKED = [Question("one", {}, {})]


def differing(opa: object, regorus: object) -> list[Difference]:
    return conformance.differences(ASKED, [opa], [regorus])


def test_sets_in_another_order_are_alike() -> None:
    one, other = ({"value": {"ux": {"warn": order}}} for order in (["a", {"b": [1, 2]}], [{"b": [1, 2]}, "a"]))
    assert differing(one, other) == []


@pytest.mark.parametrize(
    ("other", "alone"),
    [
        ({"ux": {"warn": ["a"]}}, []),
        ({"ux": {"warn": ["a", "b", "c"]}}, ['.value.ux.warn[]="c"']),
        ({"ux": {"warn": ["a", "b"], "input_valid": True}}, [".value.ux.input_valid=true"]),
        ({"ux": {"warn": ["a", "b"]}, "security": {}}, [".value.security={}"]),
        ({"ux": {"warn": []}}, [".value.ux.warn=[]"]),
    ],
)
def test_what_one_engine_says_alone_is_a_difference(other: object, alone: list[str]) -> None:
    (found,) = differing({"value": {"ux": {"warn": ["a", "b"]}}}, {"value": other})
    assert found.only_regorus == alone


def test_failing_alike_is_no_agreement() -> None:
    assert differing({"error": "x"}, {"error": "x"}) == [Difference("one", [], [])]

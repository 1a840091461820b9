"""The score is what the live violations leave of 100."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from compliance.choices import Severity
from compliance.score import Counts, Weights, penalty, score

COUNTS = st.builds(Counts, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
WEIGHTS = st.builds(Weights, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(), 100),
        (Counts(block=1), 90),
        (Counts(override=1), 97),
        (Counts(warning=1), 99),
        (Counts(block=2, override=3), 71),
        (Counts(block=9, override=3, warning=1), 0),
        (Counts(block=10), 0),
        (Counts(block=2500), 0),
    ],
)
def test_each_severity_has_its_weight(counts: Counts, expected: int) -> None:
    assert score(counts, Weights()) == expected


def test_the_weights_are_the_tenants() -> None:
    assert score(Counts(1, 1, 1), Weights(block=20, override=5, warning=2)) == 73


def test_counting_takes_names_and_members_alike() -> None:
    assert Counts.of(["WARNING", "BLOCK", Severity.BLOCK, "OVERRIDE"]) == Counts(block=2, override=1, warning=1)
    assert Counts.of([]) == Counts()


def test_a_severity_that_is_none_is_not_dropped() -> None:
    with pytest.raises(ValueError, match="not a severity: FATAL, block"):
        Counts.of(["BLOCK", "block", "FATAL"])


def test_counts_add_by_severity() -> None:
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)
    assert sum([Counts(1), Counts(0, 1)], start=Counts()) == Counts(1, 1, 0)


@given(severities=st.lists(st.sampled_from(list(Severity))), more=st.lists(st.sampled_from(list(Severity))))
def test_counting_together_is_counting_apart(severities: list[Severity], more: list[Severity]) -> None:
    assert Counts.of(severities + more) == Counts.of(severities) + Counts.of(more)


@given(counts=COUNTS, more=COUNTS, weights=WEIGHTS)
def test_more_violations_never_score_higher(counts: Counts, more: Counts, weights: Weights) -> None:
    assert 0 <= score(counts + more, weights) <= score(counts, weights) <= 100


@given(counts=COUNTS, weights=WEIGHTS)
def test_the_score_is_what_the_penalty_leaves(counts: Counts, weights: Weights) -> None:
    assert score(counts, weights) == max(0, 100 - penalty(counts, weights))

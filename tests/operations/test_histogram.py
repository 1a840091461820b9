"""Durations in buckets: percentiles, sums, and totals that begin anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations import histogram

DURATIONS = st.lists(st.floats(0, 30_000), min_size=1, max_size=60)


def of(durations: list[float]) -> histogram.Buckets:
    buckets = histogram.empty()
    for duration in durations:
        buckets[histogram.place(duration)] += 1
    return buckets


def test_nothing_has_no_percentile() -> None:
    assert histogram.percentile(histogram.empty(), 0.95) == 0.0


@pytest.mark.parametrize(("duration", "low", "high"), [(0.4, 0, 1), (1, 0, 1), (1.01, 1, 2), (700, 500, 1000)])
def test_one_duration_is_found_in_its_bucket(duration: float, low: float, high: float) -> None:
    assert low < histogram.percentile(of([duration]), 0.5) <= high


def test_what_takes_longer_than_every_bound_is_told_as_the_last_one() -> None:
    assert histogram.percentile(of([90_000]), 0.99) == 30_000


@given(DURATIONS, st.floats(0.01, 1))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(durations: list[float], share: float) -> None:
    rank = max(1, -int(-(share * len(durations)) // 1))
    true = sorted(durations)[rank - 1]
    found = histogram.percentile(of(durations), share)
    edges = (0, *histogram.BOUNDS)
    place = histogram.place(true)
    assert edges[place] - 0.1 <= found <= edges[place + 1]


@given(DURATIONS, DURATIONS)
def test_what_came_between_two_totals_is_their_difference(earlier: list[float], later: list[float]) -> None:
    total = histogram.added([of(earlier), of(later)])
    assert histogram.since(total, of(earlier)) == of(later)


def test_a_total_that_began_anew_is_taken_as_a_whole() -> None:
    assert histogram.since(of([3.0]), of([3.0, 4.0])) == of([3.0])

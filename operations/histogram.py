"""Durations in buckets: they add up over processes and over time, and percentiles are read from them. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
"""Upper bounds in milliseconds, inclusive; a last bucket holds what took longer."""
Buckets = list[int]


def empty() -> Buckets:
    """Nothing in any bucket."""
    return [0] * (len(BOUNDS) + 1)


def place(duration: float) -> int:
    """The bucket of a duration in milliseconds."""
    return bisect_left(BOUNDS, duration)


def added(histograms: Iterable[Sequence[int]]) -> Buckets:
    """All of them in one."""
    total = empty()
    for buckets in histograms:
        for index, count in enumerate(buckets):
            total[index] += count
    return total


def since(now: Sequence[int], before: Sequence[int]) -> Buckets:
    """What came between two states of a running total; all of it where the total began anew."""
    came = [later - earlier for later, earlier in zip(now, before, strict=True)]
    return came if min(came) >= 0 else list(now)


def percentile(buckets: Sequence[int], share: float) -> float:
    """Milliseconds within which this share (0 to 1) stayed, as if a bucket's durations were spread evenly over it.

    0 where there is nothing. What lies beyond the last bound is told as that bound.
    """
    wanted = share * sum(buckets)
    if not wanted:
        return 0.0
    seen = 0
    edges = pairwise((0, *BOUNDS, BOUNDS[-1]))
    for count, (low, high) in zip(buckets, edges, strict=True):
        if seen + count >= wanted:
            return round(low + (high - low) * (wanted - seen) / count, 1)
        seen += count
    return float(BOUNDS[-1])

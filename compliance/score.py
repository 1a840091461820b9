"""The compliance score: 100 less what the live violations weigh. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from compliance.choices import Severity

FULL_SCORE = 100


class Weights(NamedTuple):
    """Points that one violation of each severity costs."""

    block: int = 10
    override: int = 3
    warning: int = 1


class Counts(NamedTuple):
    """How many violations there are of each severity."""

    block: int = 0
    override: int = 0
    warning: int = 0

    @classmethod
    def of(cls, severities: Iterable[str]) -> "Counts":
        """Count severities.

        Raises:
            ValueError: one is none; dropping it would flatter the score.
        """
        tally = Counter(severities)
        counts = cls(*(tally.pop(severity.value, 0) for severity in Severity))
        if tally:
            raise ValueError(f"not a severity: {', '.join(sorted(tally))}")
        return counts

    def __add__(self, other: "Counts") -> "Counts":  # type: ignore[override]  # joining two counts means nothing
        return Counts(self.block + other.block, self.override + other.override, self.warning + other.warning)


def penalty(counts: Counts, weights: Weights) -> int:
    """Points that the violations cost together, without a limit."""
    return counts.block * weights.block + counts.override * weights.override + counts.warning * weights.warning


def score(counts: Counts, weights: Weights) -> int:
    """0 to 100; 100 is clean."""
    return max(0, FULL_SCORE - penalty(counts, weights))

"""How well findings fit what a reviewer expects: precision and recall by rule. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Pair = tuple[str, str]
"""A rule, and a file that it is broken in."""


class Expectation(NamedTuple):
    """One fault."""

    rule: str
    files: tuple[str, ...]
    """Where it may be pointed at: a column that is dropped stands in the schema and in the migration. One is enough."""


class Tally(NamedTuple):
    """What was found of what was expected, and what beside it."""

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0

    def __add__(self, other: "Tally") -> "Tally":  # type: ignore[override]
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def precision(self) -> float | None:
        """The share of what was reported that is right; None where nothing was."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """The share of the faults that was found; None where there was none."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the two."""
        return _share(2 * self.hits, 2 * self.hits + self.misses + self.false_alarms)


class Judged(NamedTuple):
    """One change, compared."""

    found: tuple[Expectation, ...]
    missed: tuple[Expectation, ...]
    false_alarms: tuple[Pair, ...]


def compare(expected: Iterable[Expectation], found: frozenset[Pair]) -> Judged:
    """Hold the pairs that were found against the faults that are there."""
    faults = [(each, {(each.rule, file) for file in each.files}) for each in expected]
    return Judged(
        tuple(each for each, pairs in faults if pairs & found),
        tuple(each for each, pairs in faults if not pairs & found),
        tuple(sorted(found.difference(*(pairs for _, pairs in faults)))),
    )


def tallies(judged: Iterable[Judged]) -> Mapping[str, Tally]:
    """The tally of each rule that was expected or found, in the order of their ids."""
    counted: defaultdict[str, Tally] = defaultdict(Tally)
    for change in judged:
        for each in change.found:
            counted[each.rule] += Tally(hits=1)
        for each in change.missed:
            counted[each.rule] += Tally(misses=1)
        for rule, _ in change.false_alarms:
            counted[rule] += Tally(false_alarms=1)
    return dict(sorted(counted.items()))


def total(by_rule: Mapping[str, Tally]) -> Tally:
    """Over all rules, each fault weighing the same."""
    return sum(by_rule.values(), start=Tally())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

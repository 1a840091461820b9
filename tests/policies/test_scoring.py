"""Precision and recall count faults, not files."""

import pytest

from tests.policies.scoring import Expectation, Judged, Tally, compare, tallies, total

DROPPED = Expectation("R06", ("schema.prisma", "migration.sql"))
UNFILTERED = Expectation("R01", ("orders.service.ts",))


@pytest.mark.parametrize("file", DROPPED.files)
def test_a_fault_is_found_wherever_it_may_be_pointed_at(file: str) -> None:
    assert compare([DROPPED], frozenset({("R06", file)})) == Judged((DROPPED,), (), ())


def test_a_fault_pointed_at_twice_is_found_once() -> None:
    found = frozenset(("R06", file) for file in DROPPED.files)
    assert tallies([compare([DROPPED], found)]) == {"R06": Tally(hits=1)}


def test_another_rule_or_another_file_is_a_miss_and_a_false_alarm() -> None:
    found = frozenset({("R01", "schema.prisma"), ("R06", "orders.service.ts")})
    judged = compare([DROPPED, UNFILTERED], found)
    assert judged == Judged((), (DROPPED, UNFILTERED), tuple(sorted(found)))
    assert tallies([judged]) == {"R01": Tally(misses=1, false_alarms=1), "R06": Tally(misses=1, false_alarms=1)}


def test_shares_are_over_all_changes() -> None:
    both = compare([UNFILTERED], frozenset({("R01", "orders.service.ts"), ("R08", "a.ts")}))
    by_rule = tallies([both, compare([UNFILTERED], frozenset())])
    assert by_rule == {"R01": Tally(hits=1, misses=1), "R08": Tally(false_alarms=1)}
    assert total(by_rule) == Tally(hits=1, misses=1, false_alarms=1)
    assert (by_rule["R01"].precision, by_rule["R01"].recall) == (1, 0.5)
    assert by_rule["R01"].f1 == pytest.approx(2 / 3)


def test_nothing_expected_and_nothing_found_is_no_share() -> None:
    assert (Tally().precision, Tally().recall, Tally().f1) == (None, None, None)
    assert (Tally(false_alarms=1).precision, Tally(false_alarms=1).recall) == (0, None)
    assert (Tally(misses=1).precision, Tally(misses=1).recall) == (None, 0)

"""How well the policies judge: precision and recall over changes that somebody else has written and judged.

``python -m tests.load.policies`` names every change that is judged otherwise than its reviewer judged it.
"""

from collections.abc import Iterator
from typing import Any

from compliance.evaluation.engine import evaluate
from tests.load.figures import Figure, ms, seconds
from tests.policies.labelled import LabelledChange, labelled_changes
from tests.policies.scoring import Judged, Pair, Tally, compare, tallies, total

SETS = ("deny", "override", "warn")


def figures() -> Iterator[Figure]:
    """Precision and recall of each rule and of all, and the mean time of an evaluation."""
    changes = labelled_changes()
    evaluate(changes[0].input)  # The first one reads the pack.
    judged: list[Judged] = []
    took = seconds(lambda: judged.extend(map(judge, changes)))
    by_rule = tallies(judged)
    for rule, tally in by_rule.items():
        yield _figure(rule, tally)
    yield _figure(f"all rules, {len(changes)} changes", total(by_rule))
    yield Figure("mean time of an evaluation", ms(took / len(changes)))


def judge(change: LabelledChange) -> Judged:
    """Hold what the policies say about a change against what its reviewer says."""
    return compare(change.expected, found_in(evaluate(change.input)))


def found_in(document: dict[str, Any]) -> frozenset[Pair]:
    """The pairs of rule and file that the packages of a ``data.compliance`` report."""
    packages = [package for package in document.values() if isinstance(package, dict)]
    findings = [finding for package in packages for kind in SETS for finding in package.get(kind, [])]
    return frozenset((finding["rule"], finding["file"] or "") for finding in findings)


def _figure(name: str, tally: Tally) -> Figure:
    faults = tally.hits + tally.misses
    counts = f"{tally.hits} of {faults} found, {tally.false_alarms} false"
    return Figure(f"{name}: precision, recall", f"{_share(tally.precision)}, {_share(tally.recall)} ({counts})")


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"


def _told() -> Iterator[str]:
    for change in labelled_changes():
        judged = judge(change)
        for each in judged.missed:
            yield f"missed       {each.rule}  {change.name}  {each.files[0]}"
        for rule, file in judged.false_alarms:
            yield f"false alarm  {rule}  {change.name}  {file}"


if __name__ == "__main__":
    print("\n".join(_told()))  # noqa: T201

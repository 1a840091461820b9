"""Whether the catalogue and the policies speak of the same rules. The policies hold the facts, the catalogue the texts
for people; what both hold has to be the same. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from compliance.catalogue import CatalogueRule
from compliance.evaluation.annotations import AnnotatedRule

_FACTS = ("name", "tier", "category", "override_marker", "policy")


def disagreements(catalogue: Sequence[CatalogueRule], annotated: Sequence[AnnotatedRule]) -> list[str]:
    """What the catalogue and the policies say differently, a sentence each; empty where they agree."""
    return [*_counted(catalogue, annotated), *_compared(catalogue, annotated)]


def _counted(catalogue: Sequence[CatalogueRule], annotated: Sequence[AnnotatedRule]) -> Iterator[str]:
    times = Counter(rule.id for rule in annotated)
    known = {rule.id for rule in catalogue}
    yield from (f"{rule} stands in no policy." for rule in sorted(known - times.keys()))
    yield from (f"{rule} stands in a policy, but not in the catalogue." for rule in sorted(times.keys() - known))
    yield from (f"{rule} stands in {number} policies." for rule, number in sorted(times.items()) if number > 1)


def _compared(catalogue: Sequence[CatalogueRule], annotated: Sequence[AnnotatedRule]) -> Iterator[str]:
    known = {rule.id: rule for rule in catalogue}
    for stated in annotated:
        rule = known.get(stated.id)
        if rule is None:
            continue
        for fact in _FACTS:
            ours, theirs = str(getattr(rule, fact)), getattr(stated, fact)
            if ours != theirs:
                yield f"{rule.id}: {fact} is {ours!r} in the catalogue and {theirs!r} in {stated.policy}."
        if stated.package not in rule.packages:
            packages = ", ".join(rule.packages)
            yield f"{rule.id}: {stated.policy} is package {stated.package}, the catalogue has {packages}."

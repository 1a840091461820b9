"""Every combination of counts, cover, threshold, enforcement and expiry, held against the table as people read it.

``by_the_book`` says the rules once more, in their order and without the product's code.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import pytest

from compliance.choices import Verdict
from compliance.reconcile import covered
from compliance.score import Counts
from compliance.verdict import Standing, Terms, judge

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ENDS = {"never": None, "a second ahead": NOW + SECOND, "this second": NOW, "over": NOW - SECOND}
"""When the cover ends; never: there is none."""


class Finding(NamedTuple):
    """A live violation."""

    severity: str
    enforced: bool
    ends: datetime | None
    seen: str
    """As grave as the approver saw it."""

    @property
    def is_covered(self) -> bool:
        return covered(self.severity, override_until=self.ends, override_severity=self.seen, at=NOW)


class Case(NamedTuple):
    """What is judged, under which terms."""

    blocks: int
    overrides: int
    enforced: bool
    ends: datetime | None
    grown: bool
    """Graver than it was when it was covered."""
    cover: str
    judged: bool
    complete: bool
    require_complete: bool
    waives: bool
    threshold: int

    @property
    def findings(self) -> list[Finding]:
        seen = "WARNING" if self.grown else "BLOCK"
        blocks = [Finding("BLOCK", self.enforced, self.ends, seen)] * self.blocks
        others = self.ends if self.cover == "all" else None
        return blocks + [Finding("OVERRIDE", self.enforced, others, seen)] * self.overrides


def every_case() -> Iterator[Case]:
    yes_no = (False, True)
    return map(
        Case._make,
        product((0, 1, 3), (0, 4, 11), yes_no, ENDS.values(), yes_no, ("blocks", "all"), *[yes_no] * 4, (0, 70, 100)),
    )


def by_the_book(case: Case) -> str:
    """The first row of the table that matches."""
    counting = [finding for finding in case.findings if finding.enforced]
    bare = [finding for finding in counting if not excused(finding)]
    blocks = [finding for finding in counting if finding.severity == "BLOCK"]
    if not case.judged:
        return "PENDING"
    if any(finding.severity == "BLOCK" for finding in bare):
        return "BLOCKED"
    if case.require_complete and not case.complete:
        return "INCOMPLETE"
    under = points(counting) < case.threshold
    lifted = under and points(bare) >= case.threshold
    if lifted or (blocks and (case.waives or not under)):
        return "OVERRIDE_APPROVED"
    return "BELOW_THRESHOLD" if under else "PASS"


def excused(finding: Finding) -> bool:
    """Covered to the last second, and no graver than it was seen."""
    gravest_first = ["BLOCK", "OVERRIDE", "WARNING"]
    grown = gravest_first.index(finding.severity) < gravest_first.index(finding.seen)
    return finding.ends is not None and finding.ends > NOW and not grown


def points(findings: list[Finding]) -> int:
    return max(0, 100 - sum({"BLOCK": 10, "OVERRIDE": 3}[finding.severity] for finding in findings))


def judged(case: Case) -> Verdict:
    """The product's word."""
    counting = [finding for finding in case.findings if finding.enforced]
    standing = Standing(
        judged=case.judged,
        counts=Counts.of(finding.severity for finding in counting),
        open_counts=Counts.of(finding.severity for finding in counting if not finding.is_covered),
        unevaluated=[] if case.complete else ["R02"],
        holds_until=case.ends,
    )
    terms = Terms(
        threshold=case.threshold,
        require_complete=case.require_complete,
        override_waives_threshold=case.waives,
    )
    return judge(standing, terms).verdict


def test_every_combination_is_judged_by_the_book() -> None:
    cases = list(every_case())
    wrong = [(case, judged(case)) for case in cases if judged(case) != by_the_book(case)]
    assert wrong == []
    assert len(cases) == 13_824


@pytest.mark.parametrize("verdict", Verdict)
def test_the_combinations_reach_every_verdict(verdict: Verdict) -> None:
    assert any(by_the_book(case) == verdict for case in every_case())


@pytest.mark.parametrize(("ends", "verdict"), [("a second ahead", "OVERRIDE_APPROVED"), ("this second", "BLOCKED")])
def test_cover_ends_at_its_second(ends: str, verdict: str) -> None:
    case = Case(1, 0, True, ENDS[ends], False, "all", True, True, True, True, 70)
    assert judged(case) == verdict

"""Whether a pull request may merge, and everything that speaks for or against it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from compliance.choices import Verdict
from compliance.score import FULL_SCORE, Counts, Weights, penalty
from compliance.score import score as score_of

_NAMED_RULES = 5
_NAMED_REVISIONS = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a pull request at its head commit."""

    judged: bool
    """Some report was judged for the head commit."""
    counts: Counts
    """Live violations of enforced rules, false positives left out, covered ones included."""
    open_counts: Counts
    """The same without the covered ones."""
    unevaluated: Sequence[str] = ()
    """Enforced BLOCK-tier rules that no source evaluated for the head commit, sorted."""
    holds_until: datetime | None = None
    """The earliest expiry among the covers."""
    trusted: bool = True
    """Some report that was judged for the head commit was made with policies that the repository trusts."""
    unknown_policies: Sequence[str] = ()
    """Revisions of the other policies that reports on the head commit were made with; empty where none was named."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tenant demands."""

    weights: Weights = field(default_factory=Weights)
    threshold: int = 70
    """The lowest score that passes, 0 to 100."""
    require_complete: bool = True
    """Every enforced BLOCK-tier rule must have been evaluated."""
    override_waives_threshold: bool = True
    """Once all BLOCK violations are covered, the score no longer counts."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks.

    Against merging: ``not_judged``, ``block_violation``, ``not_evaluated``, ``policy_unknown``,
    ``below_threshold``; in spite of violations for it: ``override_approved``, ``threshold_waived``.
    """

    code: str
    message: str
    """One sentence with the numbers."""
    remedy: str = ""
    """What would change it; empty where nothing has to."""
    rules: list[str] = field(default_factory=list)
    """The rules it is about, where it is about rules."""


@dataclass(slots=True)
class Judgement:
    """The verdict and what it stands on; the first reason is the one that decided."""

    verdict: Verdict
    score: int
    open_score: int
    reasons: list[Reason]
    until: datetime | None
    """When to judge anew: set while the verdict would be worse without cover."""


def judge(standing: Standing, terms: Terms) -> Judgement:
    """Judge a pull request by its standing: the first row of the verdict table that matches."""
    case = _Case(standing, terms)
    without_cover = _Case(replace(standing, open_counts=standing.counts), terms)
    verdict = _verdict(case)
    rests_on_cover = verdict is not _verdict(without_cover)
    return Judgement(
        verdict=verdict,
        score=case.score,
        open_score=case.open_score,
        reasons=[*_obstacles(case), *_excuses(case)],
        until=standing.holds_until if rests_on_cover else None,
    )


def verdict_of(standing: Standing, terms: Terms) -> tuple[Verdict, int]:
    """Verdict and score alone, for who judges thousands and tells nobody why."""
    case = _Case(standing, terms)
    return _verdict(case), case.score


class _Case:
    """A standing under terms: the questions that the verdict and its reasons both ask."""

    def __init__(self, standing: Standing, terms: Terms) -> None:
        self.standing, self.terms = standing, terms
        self.score = score_of(standing.counts, terms.weights)
        self.open_score = score_of(standing.open_counts, terms.weights)
        self.blocking = standing.open_counts.block
        self.blocks_covered = standing.counts.block > 0 and not self.blocking
        self.missing = list(standing.unevaluated) if terms.require_complete else []
        # Before the first report there are no policies to trust, which "not_judged" says already.
        self.distrusted = standing.judged and not standing.trusted
        self.under = self.score < terms.threshold
        self.lifted = self.under and self.open_score >= terms.threshold
        self.waived = self.under and not self.lifted and self.blocks_covered and terms.override_waives_threshold


def _verdict(case: _Case) -> Verdict:
    if not case.standing.judged:
        return Verdict.PENDING
    if case.blocking:
        return Verdict.BLOCKED
    if case.missing or case.distrusted:
        return Verdict.INCOMPLETE
    if case.under and not case.lifted and not case.waived:
        return Verdict.BELOW_THRESHOLD
    if case.blocks_covered or case.under:
        return Verdict.OVERRIDE_APPROVED
    return Verdict.PASS


def _obstacles(case: _Case) -> Iterator[Reason]:
    """What stands in the way, in the order of the verdict table."""
    if not case.standing.judged:
        yield Reason(
            "not_judged",
            "No report has been judged for the head commit yet.",
            "Wait for CI to report on the head commit, or start it.",
        )
    if case.blocking:
        yield _block_violation(case.blocking)
    # Before the first report nothing is evaluated, which "not_judged" says already.
    if case.missing and case.standing.judged:
        yield _not_evaluated(case.missing)
    if case.distrusted or (case.missing and case.standing.judged and case.standing.unknown_policies):
        yield _policy_unknown(case.standing.unknown_policies)
    if case.under and not case.lifted and not case.waived:
        yield _below_threshold(case)


def _excuses(case: _Case) -> Iterator[Reason]:
    """What approved overrides bring about."""
    threshold = case.terms.threshold
    if case.blocks_covered:
        covered = case.standing.counts.block
        message = f"All {covered} BLOCK violations are" if covered > 1 else "The one BLOCK violation is"
        yield Reason("override_approved", f"{message} covered by approved overrides.")
    if case.lifted and not case.blocking:
        yield Reason(
            "override_approved",
            f"The score of {case.score} is under the threshold of {threshold}, but without the violations that "
            f"approved overrides cover it is {case.open_score}.",
        )
    if case.waived:
        yield Reason(
            "threshold_waived",
            f"The score of {case.score} is under the threshold of {threshold}, which is waived because every BLOCK "
            "violation is covered.",
        )


def _block_violation(count: int) -> Reason:
    subject, them = ("1 BLOCK violation is", "it") if count == 1 else (f"{count} BLOCK violations are", "them")
    return Reason(
        "block_violation",
        f"{subject} live without an approved override.",
        f"Fix {them}, or have an override approved for {them}.",
    )


def _not_evaluated(rules: list[str]) -> Reason:
    named = ", ".join(rules[:_NAMED_RULES])
    if len(rules) > _NAMED_RULES:
        named += f" and {len(rules) - _NAMED_RULES} more"
    subject = "1 blocking rule was" if len(rules) == 1 else f"{len(rules)} blocking rules were"
    return Reason(
        "not_evaluated",
        f"{subject} evaluated by no source for the head commit: {named}.",
        "Report the policy packages that evaluate what is missing, or have an admin stop enforcing it.",
        rules,
    )


def _policy_unknown(revisions: Sequence[str]) -> Reason:
    named = ", ".join([revision for revision in revisions if revision][:_NAMED_REVISIONS])
    which = f"policies that the repository does not trust: {named}" if named else "policies of no named revision"
    return Reason(
        "policy_unknown",
        f"The head commit was evaluated with {which}.",
        "Report with policies that the repository trusts, or have an admin trust these and report again.",
    )


def _below_threshold(case: _Case) -> Reason:
    weights, threshold = case.terms.weights, case.terms.threshold
    # Fixing lifts the score, covering the open score; what is missing from the latter is enough for either.
    short = penalty(case.standing.open_counts, weights) - (FULL_SCORE - threshold)
    points = "1 point" if short == 1 else f"{short} points"
    aside = f" ({case.open_score} without covered violations)" if case.open_score != case.score else ""
    return Reason(
        "below_threshold",
        f"The score of {case.score}{aside} is under the threshold of {threshold}.",
        f"Fix violations worth {points}, or have overrides approved for them "
        f"(BLOCK {weights.block}, OVERRIDE {weights.override}, WARNING {weights.warning}).",
    )

"""What other terms would have meant for the pull requests of late: asked before they are saved. Changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, F, Q, Value, When

from compliance.choices import Enforcement, Resolution, Severity, Status, Verdict
from compliance.models import PullRequest, Rule, Violation
from compliance.score import Counts
from compliance.services.forecast import evaluated_at
from compliance.verdict import Standing, Terms, verdict_of
from core.ids import first_id

LOOKED_BACK = timedelta(days=30)
AT_MOST = 5_000
"""So many pull requests are judged twice, those that were reported on last."""


class Proposal(NamedTuple):
    """Other terms."""

    terms: Terms
    rule: Rule | None = None
    """The rule that would count otherwise."""
    tier: str = ""
    enforcement: str = ""

    @property
    def moves_rule(self) -> bool:
        """Whether the rule would count otherwise than now."""
        return self.rule is not None and (self.rule.tier, self.rule.enforcement) != (self.tier, self.enforcement)


class Turn(NamedTuple):
    """One pull request whose verdict would be another."""

    pull: UUID
    name: str
    title: str
    before: Verdict
    after: Verdict
    score_before: int
    score_after: int


@dataclass(slots=True)
class Outlook:
    """What would turn."""

    rule_moved: bool
    judged: int = 0
    stopped: list[Turn] = field(default_factory=list)
    """May merge now, and might not then."""
    freed: list[Turn] = field(default_factory=list)
    otherwise: list[Turn] = field(default_factory=list)
    """May merge neither now nor then, or both, by another verdict."""


class _OfRule(NamedTuple):
    """Violations of the rule on one pull request, when it was last judged."""

    counts: Counts = Counts()
    open_counts: Counts = Counts()


def outlook_under(proposal: Proposal, *, now: Terms, at: datetime) -> Outlook:
    """Judge every pull request that was reported on in the last 30 days twice: under the terms of now, and under these.

    Ended ones are judged as they stood in the end. Four queries, one fewer where no rule is moved.
    """
    recent = PullRequest.objects.filter(last_checked__gte=at - LOOKED_BACK).exclude(number=None)
    pulls = list(recent.select_related("repository").defer("description").order_by("-last_checked")[:AT_MOST])
    required = list(Rule.objects.required().values_list("pk", flat=True))
    then = _required_under(proposal, required)
    of_rule = _counts_of(proposal.rule, pulls) if proposal.rule and proposal.moves_rule else {}
    outlook = Outlook(proposal.moves_rule)
    for pull, standing, seen in _standings(pulls, sorted({*required, *then})):
        before, score_before = verdict_of(replace(standing, unevaluated=_missing(required, seen)), now)
        moved = _moved(standing, of_rule.get(pull.pk, _OfRule()), proposal)
        after, score_after = verdict_of(replace(moved, unevaluated=_missing(then, seen)), proposal.terms)
        outlook.judged += 1
        if before != after:
            turn = Turn(pull.pk, str(pull), pull.title, before, after, score_before, score_after)
            _group(outlook, turn).append(turn)
    return outlook


def _group(outlook: Outlook, turn: Turn) -> list[Turn]:
    if turn.before.can_merge == turn.after.can_merge:
        return outlook.otherwise
    return outlook.stopped if turn.before.can_merge else outlook.freed


def _required_under(proposal: Proposal, required: list[str]) -> list[str]:
    if proposal.rule is None:
        return required
    others = [rule for rule in required if rule != proposal.rule.pk]
    counts = proposal.tier == Severity.BLOCK and proposal.enforcement == Enforcement.ENFORCE
    return sorted([*others, proposal.rule.pk]) if counts else others


def _missing(required: Iterable[str], seen: set[str]) -> list[str]:
    return [rule for rule in required if rule not in seen]


def _standings(pulls: list[PullRequest], required: list[str]) -> Iterator[tuple[PullRequest, Standing, set[str]]]:
    """Each with the rules, of those that may be required, that were evaluated at its head by trusted policies."""
    evaluated = evaluated_at([pull.pk for pull in pulls], required)
    for pull in pulls:
        trusted = pull.repository.trusted_policies
        revisions = evaluated.get((pull.pk, pull.head_sha), [])
        at_head = [rules for revision, rules in revisions if not trusted or revision in trusted]
        standing = Standing(
            judged=bool(pull.head_sha) and not pull.head_awaited,
            counts=pull.counts,
            open_counts=pull.open_counts,
            trusted=not trusted or bool(at_head),
        )
        yield pull, standing, set().union(*at_head)


def _counts_of(rule: Rule, pulls: list[PullRequest]) -> dict[UUID, _OfRule]:
    """How many violations of a rule stood on each pull request when it was last judged."""
    if not pulls:
        return {}
    went_with_it = Q(resolution__in=[Resolution.CLOSED, Resolution.MERGED])
    covered = Q(status=Status.OVERRIDDEN) | Q(status=Status.RESOLVED, override_until__gt=F("resolved_at"))
    # No violation is older than its pull request, and the rule's index goes on with the key. The time aside is for
    # reports that were taken in after their time.
    oldest = first_id(min(min(pull.created_at, pull.last_checked or pull.created_at) for pull in pulls) - LOOKED_BACK)
    stood = Violation.objects.filter(Q(resolved_at=None) | went_with_it, rule=rule, pk__gte=oldest)
    rows: Any = (
        stood.filter(pull_request__in=[pull.pk for pull in pulls])
        .order_by()
        .annotate(covered=Case(When(covered, then=Value(True)), default=Value(False)))
        .values_list("pull_request", "severity", "covered")
        .annotate(n=Count("pk"))
    )
    found: dict[UUID, _OfRule] = {}
    for pull, severity, excused, number in rows:
        counts = Counts(*(number if severity == name else 0 for name in Severity))
        known = found.get(pull, _OfRule())
        found[pull] = _OfRule(known.counts + counts, known.open_counts if excused else known.open_counts + counts)
    return found


def _moved(standing: Standing, of_rule: _OfRule, proposal: Proposal) -> Standing:
    """The standing if the rule counted as is proposed."""
    if proposal.rule is None or not proposal.moves_rule:
        return standing
    counts_now = proposal.rule.enforcement == Enforcement.ENFORCE
    counts_then = proposal.enforcement == Enforcement.ENFORCE

    def recounted(whole: Counts, part: Counts) -> Counts:
        less = part if counts_now else Counts()
        more = _at_tier(part, proposal) if counts_then else Counts()
        return Counts(*(max(0, one - two) + three for one, two, three in zip(whole, less, more, strict=True)))

    return replace(
        standing,
        counts=recounted(standing.counts, of_rule.counts),
        open_counts=recounted(standing.open_counts, of_rule.open_counts),
    )


def _at_tier(counts: Counts, proposal: Proposal) -> Counts:
    """Violations that carry the rule's tier of now carry the other; what a message itself says stays."""
    if proposal.rule is None or proposal.tier == proposal.rule.tier:
        return counts
    by_severity = dict(zip(Severity, counts, strict=True))
    moving = by_severity[Severity(proposal.rule.tier)]
    by_severity[Severity(proposal.rule.tier)] = 0
    by_severity[Severity(proposal.tier)] += moving
    return Counts(*by_severity.values())

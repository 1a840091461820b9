"""From what is stored of a pull request to its verdict. The caller holds the pull request's lock."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, QuerySet, Sum
from django.db.utils import OperationalError

from compliance.choices import Enforcement, PullState, Status
from compliance.models import PullRequest, Rule, RuleState, TenantSettings, Transition, Version, Violation
from compliance.queries.pulls import RuleOnPull
from compliance.score import Counts
from compliance.services.alerting import alert_about
from compliance.services.bulk import copy_transitions
from compliance.services.states import recount
from compliance.services.updates import queue_updates
from compliance.verdict import Judgement, Standing, Terms, judge

logger = logging.getLogger(__name__)
_TOTALS = ("block_count", "override_count", "warning_count")


def standing_of(pull: PullRequest, rules: Sequence[RuleOnPull] | None = None) -> Standing:
    """What is known of a pull request at its head commit, from its rules' states.

    Args:
        rules: where each rule stands on it, where that was read already.
    """
    counts, open_counts = _sums(pull) if rules is None else _added_up(rules)
    at_head = RuleState.objects.filter(pull_request=pull, commit_sha=pull.head_sha)
    evaluated, unknown_policies = _by_trusted_policies(pull, at_head)
    return Standing(
        judged=bool(pull.head_sha) and not pull.head_awaited,
        counts=counts,
        open_counts=open_counts,
        unevaluated=sorted(
            Rule.objects.required().exclude(pk__in=evaluated.values("rule")).values_list("pk", flat=True)
        ),
        holds_until=_first_expiry(pull) if counts != open_counts else None,
        trusted=not pull.repository.trusted_policies or evaluated.exists(),
        unknown_policies=unknown_policies,
    )


def _sums(pull: PullRequest) -> tuple[Counts, Counts]:
    """Live violations of enforced rules, and the open ones among them."""
    totals = {*_TOTALS, *(f"open_{name}" for name in _TOTALS)}
    enforced = RuleState.objects.filter(pull_request=pull, rule__enforcement=Enforcement.ENFORCE)
    sums = enforced.aggregate(**{name: Sum(name, default=0) for name in totals})
    return Counts(*(sums[name] for name in _TOTALS)), Counts(*(sums[f"open_{name}"] for name in _TOTALS))


def _added_up(rules: Sequence[RuleOnPull]) -> tuple[Counts, Counts]:
    tallies = [rule.tally for rule in rules if rule.enforcement == Enforcement.ENFORCE]
    live, uncovered = [tally.counts for tally in tallies], [tally.open_counts for tally in tallies]
    return Counts(*map(sum, zip(*live, strict=True))), Counts(*map(sum, zip(*uncovered, strict=True)))


def _by_trusted_policies(pull: PullRequest, states: QuerySet[RuleState]) -> tuple[QuerySet[RuleState], list[str]]:
    """The states that count as evaluated, and the revisions of the policies behind the others."""
    trusted = pull.repository.trusted_policies
    if not trusted:
        return states, []
    others = states.exclude(policy_revision__in=trusted).order_by("policy_revision")
    return states.filter(policy_revision__in=trusted), list(others.values_list("policy_revision", flat=True).distinct())


def judge_pull_request(pull: PullRequest, *, terms: Terms | None = None) -> Judgement:
    """Judge and write the counters and the verdict onto ``pull`` (unsaved)."""
    standing = standing_of(pull)
    judgement = judge(standing, terms or TenantSettings.current().terms())
    pull.block_count, pull.override_count, pull.warning_count = standing.counts
    pull.open_block_count, pull.open_override_count, pull.open_warning_count = standing.open_counts
    pull.score, pull.open_score = judgement.score, judgement.open_score
    # Not only where the verdict rests on it: counters and the open score change with every cover that ends.
    pull.verdict, pull.verdict_until = judgement.verdict, standing.holds_until
    return judgement


@transaction.atomic
def rejudge(pull_id: UUID, *, at: datetime, wait: bool = True) -> PullRequest:
    """Judge a pull request anew: an override ran out, or the terms changed. A frozen verdict stays.

    Raises:
        django.db.OperationalError: somebody works on it, and ``wait`` is False or that takes too long.
    """
    locked = PullRequest.objects.select_for_update(no_key=True, nowait=not wait, of=("self",))
    pull = locked.select_related("repository").get(pk=pull_id)
    if pull.state != PullState.OPEN:
        return pull
    before = _told_of(pull)
    _end_lapsed_covers(pull, at)
    judge_pull_request(pull)
    pull.save()
    if _told_of(pull) != before:
        queue_updates(pull, at=at)
        alert_about(pull, at=at)
    Version.bump("pulls", "rules", "violations")
    return pull


def _told_of(pull: PullRequest) -> tuple[object, ...]:
    """What a code host is told of a verdict, its reasons aside, which follow from it."""
    return pull.verdict, pull.score, pull.open_score, pull.counts, pull.open_counts


def rejudge_open_pull_requests(*, at: datetime, repository: int | None = None) -> int:
    """Judge every open pull request and default branch anew, one transaction each. Returns how many that were.

    Args:
        repository: only those of the repository with this key.

    One that is being worked on is passed over: its report judges it under the new terms, or the next read does.
    """
    judged = 0
    pulls = PullRequest.objects.open()
    if repository is not None:
        pulls = pulls.filter(repository=repository)
    for pull_id in list(pulls.order_by("pk").values_list("pk", flat=True)):
        try:
            rejudge(pull_id, at=at, wait=False)
            judged += 1
        except OperationalError:
            logger.info("pull request %s is busy; it is judged when it is next read", pull_id)
    return judged


def _end_lapsed_covers(pull: PullRequest, at: datetime) -> None:
    lapsed = Violation.objects.filter(pull_request=pull, status=Status.OVERRIDDEN, override_until__lte=at)
    ids = list(lapsed.values_list("pk", flat=True))
    if not ids:
        return
    Violation.objects.filter(pk__in=ids).update(status=Status.OPEN)
    changes = [(key, Status.OVERRIDDEN.value, Status.OPEN.value, Transition.Cause.UNCOVERED.value) for key in ids]
    copy_transitions(changes, at=at, evaluation=None)
    recount(pull)


def _first_expiry(pull: PullRequest) -> datetime | None:
    covered = Violation.objects.filter(
        pull_request=pull, status=Status.OVERRIDDEN, rule__enforcement=Enforcement.ENFORCE
    )
    expiry: datetime | None = covered.aggregate(first=Min(F("override_until")))["first"]
    return expiry

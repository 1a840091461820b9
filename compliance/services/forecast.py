"""What a verdict would be if: asked before somebody decides. Changes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q

from compliance.choices import Enforcement, PullState, Resolution, Severity, Status, Verdict
from compliance.models import PullRequest, Rule, RuleState, TenantSettings, Violation
from compliance.score import Counts
from compliance.services.judging import standing_of
from compliance.verdict import Judgement, Standing, Terms, judge

AT_MOST = 20_000
"""So many pull requests are looked at before terms change."""


class Change(Enum):
    """What might be done to some violations of a pull request."""

    NOTHING = "nothing"
    COVER = "cover"
    UNCOVER = "uncover"
    DISMISS = "dismiss"
    """As false positives."""
    REINSTATE = "reinstate"
    """What was dismissed as a false positive."""


def judgement_if(pull: PullRequest, change: Change, violations: Iterable[UUID] = ()) -> Judgement:
    """The verdict of a pull request if this were done to these of its violations, under the terms of now."""
    standing = standing_of(pull)
    if change is not Change.NOTHING:
        standing = _changed(standing, change, _counted(pull, violations))
    return judge(standing, TenantSettings.current().terms())


class Turned(NamedTuple):
    """What other terms would do to the open pull requests and default branches."""

    judged: int
    """How many were looked at; the newest ``AT_MOST``."""
    turns: dict[tuple[Verdict, Verdict], int]
    """Verdict under the terms of now and under the others → how many."""

    @property
    def total(self) -> int:
        """How many would turn."""
        return sum(self.turns.values())


def verdicts_under(terms: Terms) -> Turned:
    """How many open pull requests would turn under other terms. Two queries, from stored counters alone."""
    now = TenantSettings.current().terms()
    required = list(Rule.objects.required().values_list("pk", flat=True))
    turns: Counter[tuple[Verdict, Verdict]] = Counter()
    judged = 0
    for standing in _standings(required):
        turn = judge(standing, now).verdict, judge(standing, terms).verdict
        judged += 1
        if turn[0] != turn[1]:
            turns[turn] += 1
    return Turned(judged, dict(turns.most_common()))


def _standings(required: list[str]) -> Iterator[Standing]:
    """Of the newest open pull requests, as far as a verdict needs it: how many rules are missing, not which."""
    newest = PullRequest.objects.open().order_by("-id")[:AT_MOST]
    counts = [f"{prefix}{kind}_count" for prefix in ("", "open_") for kind in ("block", "override", "warning")]
    evaluated = _evaluated(required)
    rows = newest.values_list("pk", "head_sha", "head_awaited", "repository__trusted_policies", *counts)
    for key, head, awaited, trusted, *numbers in rows.iterator():
        found = evaluated.get(key)
        yield Standing(
            judged=bool(head) and not awaited,
            counts=Counts(*numbers[:3]),
            open_counts=Counts(*numbers[3:]),
            unevaluated=required[found or 0 :],
            trusted=not trusted or found is not None,
        )


def _evaluated(required: list[str]) -> dict[UUID, int]:
    """Pull request → how many of the required rules trusted policies have evaluated for its head commit."""
    anyone = Q(pull_request__repository__trusted_policies=[])
    trusted = Q(pull_request__repository__trusted_policies__contains=[F("policy_revision")])
    states = RuleState.objects.filter(
        anyone | trusted, pull_request__state=PullState.OPEN, commit_sha=F("pull_request__head_sha")
    )
    found = states.order_by().values("pull_request")
    counted = found.annotate(number=Count("rule", distinct=True, filter=Q(rule__in=required)))
    return dict(counted.values_list("pull_request", "number").iterator())


def _changed(standing: Standing, change: Change, counted: dict[str, Counts]) -> Standing:
    open_now, covered, false = counted["open"], counted["covered"], counted["false"]
    whole, still_open = standing.counts, standing.open_counts
    if change is Change.COVER:
        return replace(standing, open_counts=_less(still_open, open_now))
    if change is Change.UNCOVER:
        return replace(standing, open_counts=still_open + covered)
    if change is Change.DISMISS:
        return replace(standing, counts=_less(whole, open_now + covered), open_counts=_less(still_open, open_now))
    return replace(standing, counts=whole + false, open_counts=still_open + false)


def _counted(pull: PullRequest, violations: Iterable[UUID]) -> dict[str, Counts]:
    """How many of the violations count, by where they stand and how grave they are. One query."""
    where = {
        "open": Q(status=Status.OPEN),
        "covered": Q(status=Status.OVERRIDDEN),
        "false": Q(resolution=Resolution.FALSE_POSITIVE),
    }
    wanted: dict[str, Any] = {
        f"{name}_{severity}": Count("pk", filter=condition & Q(severity=severity))
        for name, condition in where.items()
        for severity in Severity
    }
    enforced = Violation.objects.filter(
        pull_request=pull, pk__in=list(violations), rule__enforcement=Enforcement.ENFORCE
    )
    sums = enforced.aggregate(**wanted)
    return {name: Counts(*(sums[f"{name}_{severity}"] for severity in Severity)) for name in where}


def _less(counts: Counts, fewer: Counts) -> Counts:
    return Counts(*(max(0, one - other) for one, other in zip(counts, fewer, strict=True)))

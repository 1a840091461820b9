"""What a verdict would be if: asked before somebody decides. Changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Value

from compliance.choices import Enforcement, Resolution, Severity, Status, Verdict
from compliance.models import PullRequest, Rule, RuleState, TenantSettings, Violation
from compliance.score import Counts
from compliance.services.judging import standing_of
from compliance.verdict import Judgement, Standing, Terms, judge

AT_MOST = 20_000
"""So many pull requests are looked at before terms change."""
_BATCH = 1_000


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
    """How many open pull requests would turn under other terms. Reads stored counters, three queries a thousand."""
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
    newest = list(PullRequest.objects.open().order_by("-id").values_list("pk", flat=True)[:AT_MOST])
    for start in range(0, len(newest), _BATCH):
        keys = newest[start : start + _BATCH]
        evaluated = evaluated_at(keys, required)
        for pull in PullRequest.objects.filter(pk__in=keys).select_related("repository"):
            trusted = pull.repository.trusted_policies
            at_head = [
                rules
                for revision, rules in evaluated.get((pull.pk, pull.head_sha), [])
                if not trusted or revision in trusted
            ]
            yield Standing(
                judged=bool(pull.head_sha) and not pull.head_awaited,
                counts=pull.counts,
                open_counts=pull.open_counts,
                unevaluated=required[len(set().union(*at_head)) :],
                trusted=not trusted or bool(at_head),
            )


def evaluated_at(keys: list[UUID], required: list[str]) -> dict[tuple[UUID, str], list[tuple[str, list[str]]]]:
    """Pull request and commit → revisions of policies, each with the required rules that it has evaluated there."""
    states = RuleState.objects.filter(pull_request__in=keys).order_by()
    rules = ArrayAgg("rule", distinct=True, filter=Q(rule__in=required), default=Value([]))
    found: defaultdict[tuple[UUID, str], list[tuple[str, list[str]]]] = defaultdict(list)
    grouped = states.values_list("pull_request", "commit_sha", "policy_revision").annotate(rules=rules)
    for pull, commit, revision, evaluated in grouped:
        found[pull, commit].append((revision, evaluated))
    return found


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

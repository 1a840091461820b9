"""How the rules stand over the tenant's open pull requests and default branches, and what is known of one rule."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, F, Sum

from compliance.choices import UNATTRIBUTED, PullState
from compliance.fingerprint import without_positions
from compliance.models import Check, Rule, RuleState, Trend, Violation
from compliance.queries.tallies import SUMS, Tally

HISTORY = 30
TOP = 5
NEWEST = 300
"""So many findings are looked through for what messages have in common."""
_LONGEST = 300
_NUMBERS = re.compile(r"(?<![\w.])[0-9]+(?![\w.]*\w)")


class Pattern(NamedTuple):
    """Where a rule is violated most."""

    name: str
    violations: int


def tallies_of_rules(*rules: str) -> dict[str, Tally]:
    """Rule id → where it stands, of these rules or of all; rules that were never evaluated are left out. One query."""
    states = RuleState.objects.filter(pull_request__state=PullState.OPEN)
    if rules:
        states = states.filter(rule__in=rules)
    return {row["rule"]: Tally.of(row) for row in states.order_by().values("rule").annotate(**SUMS)}


def shown_rules() -> list[tuple[Rule, Tally]]:
    """The catalogue in order, each with where it stands; UNATTRIBUTED only while it has live violations."""
    tallies = tallies_of_rules()
    rules = [(rule, tallies.get(rule.pk, Tally())) for rule in Rule.objects.order_by("id")]
    return [(rule, tally) for rule, tally in rules if rule.pk != UNATTRIBUTED or any(tally.counts)]


def recent_checks(rule: Rule) -> Iterable[Any]:
    """Its last outcomes, newest first."""
    checks = Check.objects.filter(rule=rule).order_by("-id")
    return checks.values(
        "outcome",
        "count",
        "evaluation_id",
        at=F("evaluation__created_at"),
        repository=F("evaluation__pull_request__repository__name"),
        pr_number=F("evaluation__pull_request__number"),
        commit_sha=F("evaluation__commit_sha"),
        source=F("evaluation__source"),
    )[:HISTORY]


def top_files(rule: Rule) -> list[Pattern]:
    """The files with most live violations. What lives is on open pull requests: ending one resolves it."""
    live = Violation.objects.live().filter(rule=rule).exclude(file_path="")
    counted = live.order_by().values_list("file_path").annotate(n=Count("pk")).order_by("-n", "file_path")
    return [Pattern(*row) for row in counted[:TOP]]


def common_messages(rule: Rule) -> list[Pattern]:
    """What is said most among the newest findings, files and positions aside."""
    newest = Violation.objects.filter(rule=rule).order_by("-id").values_list("message", "file_path")[:NEWEST]
    said = Counter(_unplaced(message, file) for message, file in newest)
    return _most(said)


def _unplaced(message: str, file: str) -> str:
    text = message.replace(file, "…") if file else message
    return _NUMBERS.sub("…", without_positions(text))[:_LONGEST]


class RuleStanding(NamedTuple):
    """Where a rule stands, and where it is violated most."""

    tally: Tally
    repositories: list[Pattern]
    authors: list[Pattern]
    """Of the open pull requests."""


def standing_of_rule(rule: Rule) -> RuleStanding:
    """From the rule's states on open pull requests and default branches. One query."""
    states = RuleState.objects.filter(rule=rule, pull_request__state=PullState.OPEN).order_by()
    grouped = states.values("pull_request__repository__name", "pull_request__author").annotate(**SUMS)
    repositories: Counter[str] = Counter()
    authors: Counter[str] = Counter()
    total = Tally()
    for row in grouped:
        tally = Tally.of(row)
        total = total.with_those_of(tally)
        repositories[row["pull_request__repository__name"]] += sum(tally.counts)
        authors[row["pull_request__author"]] += sum(tally.counts)
    del authors[""]
    return RuleStanding(total, _most(repositories), _most(authors))


def _most(counted: Counter[str]) -> list[Pattern]:
    ordered = sorted((+counted).items(), key=lambda item: (-item[1], item[0]))
    return [Pattern(*item) for item in ordered[:TOP]]


def mean_hours_to_resolution(rule: Rule) -> float | None:
    """Hours from first seen to fixed, over the days that are kept; None where nothing was fixed."""
    sums = Trend.objects.filter(rule=rule, repository=None).aggregate(
        hours=Sum("hours_sum", default=0), fixed=Sum("violations_fixed", default=0)
    )
    return round(sums["hours"] / sums["fixed"], 2) if sums["fixed"] else None

"""How the rules stand over the tenant's open pull requests and default branches, and what is known of one rule."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Avg, Count, F, Sum

from compliance.choices import UNATTRIBUTED, PullState, Resolution
from compliance.models import Check, Rule, RuleState, Violation
from compliance.queries.tallies import SUMS, Tally

HISTORY = 30
TOP = 5


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
    """The files with most live violations on open pull requests."""
    live = Violation.objects.live().filter(rule=rule, pull_request__state=PullState.OPEN).exclude(file_path="")
    counted = live.order_by().values_list("file_path").annotate(n=Count("pk")).order_by("-n", "file_path")
    return [Pattern(*row) for row in counted[:TOP]]


def top_repositories(rule: Rule) -> list[Pattern]:
    """The repositories with most live violations on open pull requests."""
    return _top(rule, "pull_request__repository__name")


def top_authors(rule: Rule) -> list[Pattern]:
    """The authors of the open pull requests with most live violations."""
    return _top(rule, "pull_request__author")


def mean_hours_to_resolution(rule: Rule) -> float | None:
    """Hours from first seen to fixed, over everything that was fixed; None where nothing was."""
    fixed = Violation.objects.filter(rule=rule, resolution=Resolution.FIXED)
    mean: timedelta | None = fixed.aggregate(mean=Avg(F("resolved_at") - F("first_seen")))["mean"]
    return None if mean is None else round(mean.total_seconds() / 3600, 2)


def _top(rule: Rule, path: str) -> list[Pattern]:
    """Counts from the rule's states: a row per pull request instead of one per violation."""
    states = RuleState.objects.filter(rule=rule, pull_request__state=PullState.OPEN).exclude(**{path: ""})
    live = F("block_count") + F("override_count") + F("warning_count")
    counted = states.order_by().values_list(path).annotate(n=Sum(live)).filter(n__gt=0).order_by("-n", path)
    return [Pattern(*row) for row in counted[:TOP]]

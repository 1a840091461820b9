"""What a day is counted from, and the days that were counted."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from math import fsum
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from compliance.choices import Outcome, Status
from compliance.models import Check, Evaluation, Transition, Trend
from compliance.trends import Figures, p90_of, spread_of
from core.ids import first_id, last_id

_LIVE = {Status.OPEN.value, Status.OVERRIDDEN.value}
_STANDING = """
    SELECT repository_id, rule_id, sum(open)::int, sum(overridden)::int
    FROM (
        SELECT pull.repository_id, state.rule_id, state.open, state.live - state.open AS overridden
        FROM (
            SELECT pull_request_id, rule_id,
                open_block_count + open_override_count + open_warning_count AS open,
                block_count + override_count + warning_count AS live
            FROM compliance_rulestate
            WHERE block_count + override_count + warning_count > 0
        ) state
        JOIN compliance_pullrequest pull ON pull.id = state.pull_request_id
        UNION ALL
        SELECT violation.repository_id, violation.rule_id,
            (from_status = 'OPEN')::int - (to_status = 'OPEN')::int,
            (from_status = 'OVERRIDDEN')::int - (to_status = 'OVERRIDDEN')::int
        FROM compliance_transition transition
        JOIN compliance_violation violation ON violation.id = transition.violation_id
        WHERE transition.id >= %(key)s AND transition.at >= %(at)s
    ) counted
    GROUP BY repository_id, rule_id
    HAVING sum(open) <> 0 OR sum(overridden) <> 0
"""


class Place(NamedTuple):
    """Where something is counted: a repository (None: all of them) and a rule (None: over all rules)."""

    repository: int | None = None
    rule: str | None = None


class Standing(NamedTuple):
    """Live violations at one moment."""

    open: int
    overridden: int

    def __add__(self, other: "Standing") -> "Standing":  # type: ignore[override]  # joining two of them means nothing
        return Standing(self.open + other.open, self.overridden + other.overridden)


EVERYWHERE = Place()
Day = dict[Place, Figures]
Standings = dict[tuple[int, str], Standing]
"""By repository and rule."""


def standings_at(at: datetime) -> Standings:
    """What was live at a moment: what is live now, less what has happened since. One statement, so one state of it."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"key": first_id(at), "at": at})
        return {(repository, rule): Standing(*counts) for repository, rule, *counts in cursor.fetchall()}


def moved_between(start: datetime, end: datetime) -> Standings:
    """By how much what is live changed."""
    moved: defaultdict[tuple[int, str], Standing] = defaultdict(lambda: Standing(0, 0))
    for repository, rule, before, after, _, number in _changes(start, end):
        entered, left = (
            Standing(*(number * (status == kind) for kind in (Status.OPEN, Status.OVERRIDDEN)))
            for status in (after, before)
        )
        moved[repository, rule] += Standing(entered.open - left.open, entered.overridden - left.overridden)
    return dict(moved)


def day_between(start: datetime, end: datetime, standings: Standings) -> Day:
    """Everything that is counted of a day, by where it happened.

    Args:
        standings: what was live when the day ended.
    """
    day: Day = defaultdict(Figures)
    day[EVERYWHERE] = Figures()
    _count_evaluations(day, start, end)
    _count_checks(day, start, end)
    for repository, rule, before, after, cause, number in _changes(start, end):
        for place in _places(repository, rule):
            _count_change(day[place], before, after, cause, number)
    _count_hours(day, start, end)
    for (repository, rule), standing in standings.items():
        for place in _places(repository, rule):
            day[place].violations_open += standing.open
            day[place].violations_overridden += standing.overridden
    return day


def _places(repository: int, rule: str) -> tuple[Place, ...]:
    return Place(repository, rule), Place(repository), Place(rule=rule), EVERYWHERE


def _count_evaluations(day: Day, start: datetime, end: datetime) -> None:
    judged = Evaluation.objects.judged().filter(created_at__gte=start, created_at__lt=end).order_by()
    for repository, score, number in judged.values_list("pull_request__repository", "score").annotate(n=Count("pk")):
        for place in (Place(repository), EVERYWHERE):
            day[place].evaluations += number
            day[place].count_score(score, number)


def _count_checks(day: Day, start: datetime, end: datetime) -> None:
    checks = Check.objects.filter(
        evaluation__created_at__gte=start, evaluation__created_at__lt=end, evaluation__superseded=""
    )
    grouped = checks.order_by().values_list(
        "evaluation__pull_request__repository", "rule", "outcome", "evaluation__score"
    )
    for repository, rule, outcome, score, number in grouped.annotate(n=Count("pk")):
        for place in _places(repository, rule):
            figures = day[place]
            figures.checks += number
            figures.passes += number * (outcome == Outcome.PASS)
            figures.excused += number * (outcome == Outcome.OVERRIDE)
            if place.rule is not None:
                # One check of a rule is one evaluation that has checked it.
                figures.evaluations += number
                figures.count_score(score, number)


def _count_change(figures: Figures, before: str, after: str, cause: str, number: int) -> None:
    if after in _LIVE and before not in _LIVE:
        if before:
            figures.violations_returned += number
        else:
            figures.violations_new += number
    if before in _LIVE and after not in _LIVE:
        figures.violations_resolved += number
        figures.violations_fixed += number * (cause == Transition.Cause.FIXED)


def _count_hours(day: Day, start: datetime, end: datetime) -> None:
    fixed = _transitions(start, end).filter(cause=Transition.Cause.FIXED)
    hours: defaultdict[Place, list[float]] = defaultdict(list)
    for repository, rule, first, at in fixed.values_list(
        "violation__repository", "violation__rule", "violation__first_seen", "at"
    ):
        for place in _places(repository, rule):
            hours[place].append((at - first).total_seconds() / 3600)
    for place, values in hours.items():
        # Exact, so that it does not matter in which order they are read.
        day[place].hours_sum = fsum(values)
        day[place].hours_p90 = p90_of(values)
        day[place].hours_spread = spread_of(values)


def _changes(start: datetime, end: datetime) -> Iterable[Any]:
    grouped = _transitions(start, end).values_list(
        "violation__repository", "violation__rule", "from_status", "to_status", "cause"
    )
    return grouped.annotate(n=Count("pk"))


def _transitions(start: datetime, end: datetime) -> QuerySet[Transition]:
    """Their keys are of the moment that they happened in, to the millisecond: a span of time is a span of keys."""
    of_keys = Transition.objects.filter(pk__gte=first_id(start), pk__lte=last_id(end))
    return of_keys.filter(at__gte=start, at__lt=end).order_by()


def counted_days(first: date, last: date) -> dict[date, datetime]:
    """The days of a span that were counted, in order, and as of when each was."""
    rows = Trend.objects.over_all().filter(date__range=(first, last)).order_by("date")
    return dict(rows.values_list("date", "built_at"))


def series(place: Place, first: date, last: date) -> dict[date, Figures]:
    """The figures of one place on every day of a span that was counted, in order. One query.

    A day on which there was nothing to count of it has zeros; one that was never counted is left out.
    """
    wanted = Q(repository=place.repository, rule=place.rule)
    found: dict[date, Figures] = {}
    of_place = Trend.objects.filter(wanted | Q(repository=None, rule=None), date__range=(first, last))
    for row in of_place.order_by("date"):
        found.setdefault(row.date, Figures())
        if (row.repository_id, row.rule_id) == place:
            found[row.date] = row.figures
    return found


class Broken(NamedTuple):
    """How often a rule was broken on one day."""

    rule: str
    date: date
    violations: int
    """Found for the first time, or again."""


class RepositoryFigures(NamedTuple):
    """One repository over a span of days."""

    name: str
    figures: Figures


def broken_rules(first: date, last: date, *, repository: int | None = None) -> list[Broken]:
    """The rules and days of a span with new violations, in order. One query."""
    rows = Trend.objects.filter(repository=repository, rule__isnull=False, date__range=(first, last))
    came = rows.annotate(came=F("violations_new") + F("violations_returned")).filter(came__gt=0)
    return [Broken(*row) for row in came.order_by("rule", "date").values_list("rule", "date", "came")]


_SUMMED = ("evaluations", "checks", "passes", "violations_new", "violations_resolved", "violations_fixed", "scored",
           "score_sum", "hours_sum")  # fmt: skip


def repositories_between(first: date, last: date, *, rule: str | None = None) -> list[RepositoryFigures]:
    """Every repository's figures over a span, those with most open violations first. One query.

    What is open is what was open on the last day that was counted; percentiles are left out.
    """
    newest = Trend.objects.over_all().filter(date__range=(first, last)).order_by("-date").values("date")[:1]
    rows = Trend.objects.filter(rule=rule, repository__isnull=False, date__range=(first, last)).order_by()
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in _SUMMED}
    still = {
        f"sum_{name}": Sum(name, filter=Q(date=newest), default=0)
        for name in ("violations_open", "violations_overridden")
    }
    grouped: Any = rows.values("repository__name").annotate(**sums, **still)
    found = [
        RepositoryFigures(
            row.pop("repository__name"), Figures(**{name.removeprefix("sum_"): row[name] for name in row})
        )
        for row in grouped
    ]
    return sorted(found, key=lambda one: (-one.figures.violations_open, one.name))

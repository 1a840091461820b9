"""A day, counted from every raw row in plain Python: slow, and without any of what the product counts with."""

from collections import Counter
from datetime import date, datetime
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from compliance.models import Check, Evaluation, Transition

Row = dict[str, Any]
Filter = tuple[str | None, str | None]
"""Repository and rule; None for all of them."""


class Raw(NamedTuple):
    """Everything that was ever written, with the tenant's day of each."""

    evaluations: list[Row]
    checks: list[Row]
    transitions: list[Row]


def read(zone: ZoneInfo) -> Raw:
    """All rows of the tenant."""
    transitions: Any = Transition.objects.order_by("at", "id").values(
        "at", "from_status", "to_status", "cause", "violation", "violation__rule", "violation__repository__name",
        "violation__first_seen",
    )  # fmt: skip
    evaluation = {"superseded", "score", "created_at", "pull_request__repository__name"}
    raw = Raw(
        list(Evaluation.objects.values(*evaluation)),
        list(Check.objects.values("rule", "outcome", *(f"evaluation__{name}" for name in evaluation))),
        list(transitions),
    )
    for rows, prefix, moment in zip(raw, ("", "evaluation__", ""), ("created_at", "created_at", "at"), strict=True):
        for row in rows:
            row["day"] = _day_on_the_wall(row[prefix + moment], zone)
    return raw


def _day_on_the_wall(moment: datetime, zone: ZoneInfo) -> date:
    """What a calendar there says."""
    return moment.astimezone(zone).date()


def day_of(raw: Raw, day: date, where: Filter) -> Row:
    """What the day came to at one place, by the names of the API; days and places without anything have zeros."""
    repository, rule = where
    checks = [
        row
        for row in raw.checks
        if row["day"] == day and row["evaluation__superseded"] == ""
        and repository in (None, row["evaluation__pull_request__repository__name"])
        and rule in (None, row["rule"])
    ]  # fmt: skip
    if rule is None:
        scores = [
            row["score"]
            for row in raw.evaluations
            if row["day"] == day and row["superseded"] == ""
            and repository in (None, row["pull_request__repository__name"])
        ]  # fmt: skip
    else:
        scores = [row["evaluation__score"] for row in checks]
    changes = [
        row
        for row in raw.transitions
        if row["day"] <= day
        and repository in (None, row["violation__repository__name"])
        and rule in (None, row["violation__rule"])
    ]
    return _of_checks(checks, scores) | _of_changes(changes, day)


def _of_checks(checks: list[Row], scores: list[int]) -> Row:
    outcomes = Counter(row["outcome"] for row in checks)
    found = len(checks) - outcomes["PASS"]
    return {
        "evaluations": len(scores),
        "checks": len(checks),
        "passes": outcomes["PASS"],
        "compliance_rate": round(100 * outcomes["PASS"] / len(checks), 2) if checks else None,
        "override_rate": round(100 * outcomes["OVERRIDE"] / found, 2) if found else None,
        "mean_score": round(sum(scores) / len(scores), 2) if scores else None,
        "score_histogram": [sum(low <= min(score, 99) < low + 10 for score in scores) for low in range(0, 100, 10)],
    }


def _of_changes(changes: list[Row], day: date) -> Row:
    status: dict[Any, str] = {}
    counted: Counter[str] = Counter()
    hours = []
    for row in changes:
        lived = row["from_status"] in ("OPEN", "OVERRIDDEN")
        lives = row["to_status"] in ("OPEN", "OVERRIDDEN")
        status[row["violation"]] = row["to_status"]
        if row["day"] != day:
            continue
        counted["new"] += row["from_status"] == ""
        counted["returned"] += row["from_status"] == "RESOLVED" and lives
        counted["resolved"] += lived and not lives
        if row["cause"] == "fixed":
            hours.append((row["at"] - row["violation__first_seen"]).total_seconds() / 3600)
    hours.sort()
    standing = Counter(status.values())
    return {
        "violations_new": counted["new"],
        "violations_returned": counted["returned"],
        "violations_resolved": counted["resolved"],
        "violations_fixed": len(hours),
        "violations_open": standing["OPEN"],
        "violations_overridden": standing["OVERRIDDEN"],
        "mean_hours_to_resolution": round(sum(hours) / len(hours), 2) if hours else None,
        "p90_hours_to_resolution": round(hours[ceil(0.9 * len(hours)) - 1], 2) if hours else None,
    }

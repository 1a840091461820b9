"""Telling the alerts' room how a pull request stands, in the transaction that changes it, under its lock."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from alerts.choices import Tier
from alerts.queries.open import open_keys
from alerts.services.raising import Fact, raise_alert, raise_alerts, resolve_alerts
from compliance.choices import Enforcement, PullState, Severity, Status
from compliance.models import PullRequest, RuleState, Submission, Violation
from tenants.addresses import absolute

_TIERS = {Severity.BLOCK: Tier.BLOCK, Severity.OVERRIDE: Tier.OVERRIDE, Severity.WARNING: Tier.WARNING}
_SHOWN = 5
_MESSAGE_CHARS = 160
_COUNTS = {severity: f"open_{severity.lower()}_count" for severity in Severity}


def alert_about(pull: PullRequest, *, at: datetime, grown: Mapping[str, int] | None = None) -> None:
    """Raise an alert for each enforced rule with open violations, and resolve those of the others.

    Args:
        grown: how many open violations of a rule came with this change; where it is not given, as many as there are
            more of them.
    """
    prefix = f"pull:{pull.pk}:"
    facts = [_fact(pull, prefix, row, grown) for row in _open_rules(pull)] if pull.state == PullState.OPEN else []
    raise_alerts(facts, at=at)
    resolve_alerts(open_keys(prefix).difference(fact.key for fact in facts), at=at)


def alert_about_failure(submission: Submission, *, at: datetime) -> None:
    """A report was given up: nobody learns what it found until somebody looks at it."""
    about = f"{submission.repository}#{submission.number}" if submission.number else submission.repository
    raise_alert(
        tier=Tier.OVERRIDE,
        key=_failure_key(submission),
        new=1,
        title=f"A report of {submission.source} about {about} could not be processed",
        facts={"repository": submission.repository, "items": [submission.error[:_MESSAGE_CHARS]]},
        link=absolute(reverse("admin:compliance_submission_change", args=[submission.pk])),
        at=at,
    )


def resolve_failure(submission: Submission, *, at: datetime) -> None:
    """A report of the same source was processed: what failed before is made good."""
    resolve_alerts([_failure_key(submission)], at=at)


def _failure_key(submission: Submission) -> str:
    return f"report:{submission.repository}#{submission.number or ''}:{submission.source}"


def _open_rules(pull: PullRequest) -> list[Mapping[str, Any]]:
    states = RuleState.objects.filter(pull_request=pull, rule__enforcement=Enforcement.ENFORCE).order_by("rule_id")
    sums: dict[str, Any] = {severity.value: Sum(column) for severity, column in _COUNTS.items()}
    rows: Iterable[Mapping[str, Any]] = states.values("rule_id", "rule__name", "rule__category").annotate(**sums)
    return [row for row in rows if any(row[severity.value] for severity in Severity)]


def _fact(pull: PullRequest, prefix: str, row: Mapping[str, Any], grown: Mapping[str, int] | None) -> Fact:
    rule, name = row["rule_id"], f"{row['rule_id']} {row['rule__name']}"
    gravest = next(severity for severity in Severity if row[severity])
    count = sum(row[severity] for severity in Severity)
    return Fact(
        tier=_TIERS[gravest],
        key=f"{prefix}{rule}",
        count=count,
        new=None if grown is None else grown.get(rule, 0),
        title=f"{name}: {count} open on {pull}",
        facts={
            "rule": rule,
            "rule_name": name,
            "category": row["rule__category"],
            "repository": pull.repository.name,
            "pull_request": f"{pull}: {pull.title}" if pull.title else str(pull),
            "author": pull.author,
            # Only what is told by itself says what it is about; the others are counted in a summary.
            "items": _items(pull, rule) if gravest == Severity.BLOCK else [],
        },
        link=absolute(reverse("admin:compliance_pullrequest_change", args=[pull.pk])),
    )


def _items(pull: PullRequest, rule: str) -> list[str]:
    open_ones = Violation.objects.filter(
        pull_request=pull, rule=rule, status=Status.OPEN, severity=Severity.BLOCK
    ).order_by("-pk")
    return [
        f"{path or 'no file'}{f':{line}' if line else ''} {message[:_MESSAGE_CHARS]}"
        for path, line, message in open_ones.values_list("file_path", "line", "message")[:_SHOWN]
    ]

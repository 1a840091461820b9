"""Rule states: how many violations of each rule live on a pull request. The caller holds its lock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q

from compliance.choices import Severity, Status
from compliance.models import PullRequest, RuleState, Violation

StateKey = tuple[str, str]
"""Package and rule."""
Tally = dict[StateKey, dict[str, int]]

COLUMNS = [f"{prefix}{severity.lower()}_count" for prefix in ("", "open_") for severity in Severity]


def tally(live: Iterable[tuple[str, str, str, str]]) -> Tally:
    """Count live violations, given as ``(package, rule, severity, status)``, by package and rule."""
    counts: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for violation in live:
        counts[violation] += 1
    tallies: Tally = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for (package, rule, severity, status), number in counts.items():
        states = tallies[package, rule]
        states[f"{severity.lower()}_count"] += number
        if status == Status.OPEN:
            states[f"open_{severity.lower()}_count"] += number
    return tallies


def write_states(
    pull: PullRequest,
    source: str,
    *,
    live: Tally,
    evaluated: Iterable[StateKey],
    seen: Iterable[StateKey],
    evaluation: Mapping[str, Any],
) -> None:
    """Bring the states of one source up to date after a report.

    Args:
        live: what is live now, of the whole source.
        evaluated: what the report spoke about; only these take over ``evaluation``.
        seen: what it found something of.
        evaluation: ``commit_sha``, ``policy_revision``, ``judged_at`` and ``run_started_at`` of the report.
    """
    known = {
        (state.package, state.rule_id): state for state in RuleState.objects.filter(pull_request=pull, source=source)
    }
    evaluated, seen = set(evaluated), set(seen)
    changed: list[RuleState] = []
    new: list[RuleState] = []
    for key in sorted({*known, *live, *evaluated}):
        state = known.get(key) or RuleState(
            pull_request=pull, source=source, package=key[0], rule_id=key[1], **evaluation
        )
        values: dict[str, Any] = dict(live.get(key) or dict.fromkeys(COLUMNS, 0))
        if key in evaluated:
            values.update(evaluation)
        if key in seen:
            values["last_seen"] = evaluation["judged_at"]
        if state._state.adding or any(getattr(state, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(state, name, value)
            (new if state._state.adding else changed).append(state)
    _write([*new, *changed], [*COLUMNS, "commit_sha", "policy_revision", "judged_at", "run_started_at", "last_seen"])


def recount(pull: PullRequest) -> None:
    """Count the live violations of a pull request anew, all sources: after what is no report (closing, overrides)."""
    live = Violation.objects.live().filter(pull_request=pull).order_by()
    rows = live.values_list("source", "package", "rule_id").annotate(
        **{f"{severity.lower()}_count": Count("pk", filter=Q(severity=severity)) for severity in Severity},
        **{
            f"open_{severity.lower()}_count": Count("pk", filter=Q(severity=severity, status=Status.OPEN))
            for severity in Severity
        },
    )
    counts = {row[:3]: row[3:] for row in rows}
    states = list(RuleState.objects.filter(pull_request=pull))
    for state in states:
        values = counts.get((state.source, state.package, state.rule_id), (0,) * len(COLUMNS))
        for name, value in zip(COLUMNS, values, strict=True):
            setattr(state, name, value)
    _write(states, COLUMNS)


def _write(states: list[RuleState], columns: list[str]) -> None:
    """New ones and, of known ones, these columns. Django's bulk_update spells a CASE out for every row and column."""
    unique = ["pull_request", "source", "package", "rule"]
    RuleState.objects.bulk_create(states, update_conflicts=True, unique_fields=unique, update_fields=columns)

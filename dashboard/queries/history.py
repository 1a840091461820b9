"""What has happened to a pull request, the newest first: bounded, whatever it has been through."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from alerts.models import Alert
from compliance.choices import Verdict
from compliance.models import Evaluation, PullRequest, Rule, Transition, Violation
from overrides.models import OverrideRequest

EVALUATIONS = 30
STEPS = 60
_SAMPLE = 200
_BY_THE_HOST = (Transition.Cause.CLOSED, Transition.Cause.MERGED, Transition.Cause.REOPENED)


class Step(NamedTuple):
    """One thing that happened."""

    at: datetime
    kind: str
    """evaluation, override, alert or host."""
    text: str
    record: Any = None
    """Whose page tells more; None where there is none."""


def evaluations_of(pull: PullRequest) -> list[Evaluation]:
    """Its last evaluations, the newest first."""
    found = Evaluation.objects.filter(pull_request=pull).order_by("-id").defer("fingerprints")
    return list(found[:EVALUATIONS])


def steps_of(pull: PullRequest, evaluations: Sequence[Evaluation], requests: Sequence[OverrideRequest]) -> list[Step]:
    """Evaluations, overrides, alerts, and what the code host has said, together. Three queries."""
    steps = [
        *(_of_evaluation(one) for one in evaluations),
        *(step for one in requests for step in _of_request(one)),
        *(step for one in _alerts_about(pull) for step in _of_alert(one)),
        *_by_the_host(pull),
    ]
    # Of what happened at one moment, what is named first came first.
    return sorted(steps, key=lambda step: step.at)[::-1][:STEPS]


def _of_evaluation(one: Evaluation) -> Step:
    came_to = Verdict(one.verdict).label if one.verdict else one.get_superseded_display()
    changed = [f"{one.new_count} new"] * bool(one.new_count) + [f"{one.resolved_count} resolved"] * bool(
        one.resolved_count
    )
    text = f"{one.source} run {one.run_id}: {', '.join([str(came_to), *changed])}"
    return Step(one.created_at, "evaluation", text, one)


def _of_request(one: OverrideRequest) -> Iterator[Step]:
    kind = one.get_kind_display()
    yield Step(one.requested_at, "override", f"{kind} asked for by {one.requested_by_label}", one)
    if one.decided_at:
        decided = "rejected" if one.rejection_reason else "approved"
        yield Step(one.decided_at, "override", f"{kind} {decided} by {one.decided_by_label}", one)
    if one.ended_at:
        yield Step(one.ended_at, "override", f"{kind}: {one.get_status_display()}", one)


def _alerts_about(pull: PullRequest) -> list[Alert]:
    keys = [f"pull:{pull.pk}:{rule}" for rule in Rule.objects.values_list("pk", flat=True)]
    return list(Alert.objects.filter(key__in=keys).order_by("-id")[:STEPS])


def _of_alert(one: Alert) -> Iterator[Step]:
    yield Step(one.opened_at, "alert", f"Alert: {one.title}", one)
    if one.acknowledged_at:
        yield Step(one.acknowledged_at, "alert", f"Acknowledged by {one.acknowledged_by}: {one.title}", one)
    if one.resolved_at:
        yield Step(one.resolved_at, "alert", f"Alert resolved: {one.title}", one)


def _by_the_host(pull: PullRequest) -> list[Step]:
    """That it was closed, merged or reopened: at the same moment for all its violations, so that some tell."""
    newest = Violation.objects.filter(pull_request=pull).order_by("-id").values("pk")[:_SAMPLE]
    found = Transition.objects.filter(violation__in=newest, cause__in=_BY_THE_HOST).order_by()
    moments = found.values_list("at", "cause").distinct()
    return [Step(at, "host", Transition.Cause(cause).label) for at, cause in moments]

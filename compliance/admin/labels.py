"""Colours and words of the field's choices."""

from dataclasses import dataclass

from django.db.models import TextChoices

from compliance.choices import Colour, Enforcement, Outcome, PullState, Severity, Status, Superseded, Verdict
from core.claims import Claimable

SEVERITIES = {Severity.BLOCK: "danger", Severity.OVERRIDE: "warning", Severity.WARNING: "info"}
STATUSES = {Status.OPEN: "danger", Status.OVERRIDDEN: "warning", Status.RESOLVED: "success"}
VERDICTS = {
    Verdict.PENDING: "info",
    Verdict.BLOCKED: "danger",
    Verdict.INCOMPLETE: "warning",
    Verdict.OVERRIDE_APPROVED: "success",
    Verdict.BELOW_THRESHOLD: "danger",
    Verdict.PASS: "success",
}
OUTCOMES = {Outcome.PASS: "success", Outcome.VIOLATION: "danger", Outcome.OVERRIDE: "warning"}
ENFORCEMENTS = {Enforcement.ENFORCE: "primary", Enforcement.OBSERVE: "info", Enforcement.OFF: "default"}
PULL_STATES = {PullState.OPEN: "success", PullState.MERGED: "primary", PullState.CLOSED: "default"}
COLOURS = {Colour.GREY: "default", Colour.RED: "danger", Colour.YELLOW: "warning", Colour.GREEN: "success"}
SUBMISSIONS = {
    Claimable.Status.QUEUED: "info",
    Claimable.Status.PROCESSING: "primary",
    Claimable.Status.DONE: "success",
    Claimable.Status.FAILED: "danger",
}
SUPERSEDED = {Superseded.COMMIT: "default", Superseded.RUN: "default", Superseded.STATE: "default"}

_ALL: dict[type[TextChoices], dict[object, str]] = {
    choices: dict(colours)
    for choices, colours in (
        (Severity, SEVERITIES),
        (Status, STATUSES),
        (Verdict, VERDICTS),
        (Outcome, OUTCOMES),
        (Enforcement, ENFORCEMENTS),
        (PullState, PULL_STATES),
        (Colour, COLOURS),
        (Claimable.Status, SUBMISSIONS),
    )
}


@dataclass(frozen=True, slots=True)
class Label:
    """A coloured word, as ``unfold/helpers/label.html`` shows it."""

    text: str
    variant: str


def label_of(choice: TextChoices) -> Label:
    """The label of a choice."""
    return Label(str(choice.label), _ALL[type(choice)][choice])


def cell(choice: TextChoices) -> tuple[str, str]:
    """The same as a change list's column wants it, whose ``label`` holds the colours."""
    return choice.value, str(choice.label)

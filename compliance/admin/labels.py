"""Colours and words of the field's choices."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from compliance.choices import Colour, Enforcement, Outcome, PullState, Severity, Status, Verdict
from compliance.models import Rule
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

_UNENFORCED = {Enforcement.OBSERVE: "Observed", Enforcement.OFF: "Off"}
RULE_STATES = {str(choice.label): colour for choice, colour in COLOURS.items()}
"""By the text that ``label_of_rule`` says; what is not enforced has no colour."""

_ALL: tuple[dict[Any, str], ...] = (
    SEVERITIES,
    STATUSES,
    VERDICTS,
    OUTCOMES,
    ENFORCEMENTS,
    PULL_STATES,
    COLOURS,
    SUBMISSIONS,
)
# By kind as well: choices of different kinds may be equal as texts.
_VARIANTS = {(type(choice), choice): colour for colours in _ALL for choice, colour in colours.items()}


@dataclass(frozen=True, slots=True)
class Label:
    """A coloured word, as ``unfold/helpers/label.html`` shows it."""

    text: str
    variant: str


def label_of(choice: TextChoices) -> Label:
    """The label of a choice."""
    return Label(str(choice.label), _VARIANTS[type(choice), choice])


def label_of_rule(rule: Rule, colour: Colour) -> Label:
    """How a rule stands: only one that is enforced stops anybody, whatever was found."""
    enforcement = Enforcement(rule.enforcement)
    if enforcement == Enforcement.ENFORCE or colour not in (Colour.RED, Colour.YELLOW):
        return label_of(colour)
    return Label(_UNENFORCED[enforcement], "default")


def cell(choice: TextChoices) -> tuple[str, str]:
    """The same as a change list's column wants it, whose ``label`` holds the colours."""
    return choice.value, str(choice.label)

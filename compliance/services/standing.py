"""Where a pull request stands now, as people and CI are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from compliance.choices import PullState, Severity, Status, Verdict
from compliance.models import PullRequest, Submission, TenantSettings, Violation
from compliance.queries.pulls import RuleOnPull
from compliance.services.judging import rejudge, standing_of
from compliance.verdict import Reason, judge

NAMED_BLOCKS = 50
"""How many blocking violations are named one by one; the reason after them counts all."""

_REMEDY = "Fix it, or have an override approved for it."


@dataclass(frozen=True, slots=True)
class NamedReason:
    """A reason, and the violation that it stands on where it is about one."""

    reason: Reason
    violation: Violation | None = None


@dataclass(frozen=True, slots=True)
class PullStanding:
    """The verdict of this moment. Queued and failed reports are read into it, not written."""

    pull: PullRequest
    verdict: Verdict
    threshold: int
    reasons: list[NamedReason]

    @property
    def can_merge(self) -> bool:
        """Whether the verdict lets it through."""
        return self.verdict.can_merge


def standing_now(pull: PullRequest, *, at: datetime, rules: Sequence[RuleOnPull] | None = None) -> PullStanding:
    """Read a pull request's verdict; judge it anew where a cover has run out or the terms have changed since.

    Args:
        rules: where each rule stands on it, where that was read already.
    """
    if pull.state != PullState.OPEN:
        frozen = Reason(
            f"pull_request_{pull.state}", f"The pull request is {pull.state}: its verdict stands as it was."
        )
        return PullStanding(pull, Verdict(pull.verdict), TenantSettings.current().threshold, [NamedReason(frozen)])
    terms = TenantSettings.current().terms()
    judgement = judge(standing_of(pull, rules), terms)
    lapsed = pull.verdict_until is not None and pull.verdict_until <= at
    # What is stored may be older than the terms: judging all pull requests anew takes its time, and may break off.
    if lapsed or (judgement.verdict, judgement.score) != (pull.verdict, pull.score):
        pull = rejudge(pull.pk, at=at)
        judgement = judge(standing_of(pull), terms)
    waiting = [NamedReason(reason) for reason in _waiting(pull)]
    judged = [named for reason in judgement.reasons for named in _named(reason, pull, at)]
    verdict = Verdict.PENDING if waiting else judgement.verdict
    return PullStanding(pull, verdict, terms.threshold, [*waiting, *judged, *_covers(pull, at)])


def _named(reason: Reason, pull: PullRequest, at: datetime) -> list[NamedReason]:
    """One reason per blocking violation, as far as they can be read; other reasons as they are."""
    if reason.code != "block_violation":
        return [NamedReason(reason)]
    blocking = Violation.objects.counting().uncovered(at).filter(pull_request=pull, severity=Severity.BLOCK)
    violations = list(blocking.order_by("rule_id", "id")[: NAMED_BLOCKS + 1])
    named = [
        NamedReason(replace(reason, message=violation.message, remedy=_REMEDY, rules=[violation.rule_id]), violation)
        for violation in violations[:NAMED_BLOCKS]
    ]
    return named if len(violations) <= NAMED_BLOCKS else [*named, NamedReason(reason)]


def _covers(pull: PullRequest, at: datetime) -> list[NamedReason]:
    """What overrides cover, and until when: what ends first stands first."""
    if pull.counts == pull.open_counts:
        return []
    covered = Violation.objects.counting().filter(pull_request=pull, override_until__gt=at, status=Status.OVERRIDDEN)
    return [
        NamedReason(
            Reason(
                "covered",
                f"{found} ({found.severity}) is covered until {found.override_until:%Y-%m-%d %H:%M} UTC, "
                f"as approved by {found.override_approved_by}: {found.override_reason}",
                "It counts again after that, once the override is revoked, or when it grows graver: fix it, or ask for "
                "a renewal in time.",
                [found.rule_id],
            ),
            found,
        )
        for found in covered.order_by("override_until", "rule_id", "id")[:NAMED_BLOCKS]
    ]


def _waiting(pull: PullRequest) -> list[Reason]:
    """Reports about the pull request that are not judged: waiting ones, and failed ones that nothing newer replaced."""
    about = Submission.objects.about(pull.repository.name, pull.number)
    unjudged = list(about.exclude(status=Submission.Status.DONE).values_list("status", flat=True))
    reasons = []
    if queued := sum(status != Submission.Status.FAILED for status in unjudged):
        reports = "1 report is" if queued == 1 else f"{queued} reports are"
        reasons.append(Reason("report_queued", f"{reports} waiting to be judged.", "Wait for a moment."))
    for submission in about.unreplaced_failures() if Submission.Status.FAILED in unjudged else ():
        reasons.append(
            Reason(
                "report_failed",
                f"The report of {submission.source}, run {submission.run_id}, failed: {submission.error}",
                "Send a report that can be read, or have an admin look into the inbox and queue it again.",
            )
        )
    return reasons

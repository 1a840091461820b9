"""What happens on one pull request from its first report to its end: pure, and true to the house's invariants.

Every violation has its transitions, every evaluation its checks and counts, every rule its state; the score and the
verdict are those that the product would give.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from compliance.choices import Outcome, PullState, Resolution, Severity, Status
from compliance.models import Transition
from compliance.score import Counts
from compliance.verdict import Judgement, Standing, Terms, judge

_CAUSE = Transition.Cause
_SEVERITIES = tuple(Severity)
COVER = timedelta(days=30)


class KnownRule(NamedTuple):
    """What has to be known of a rule."""

    id: str
    tier: str
    package: str


@dataclass(slots=True)
class Found:
    """A violation, by the numbers of the reports that have seen it."""

    rule: KnownRule
    severity: str
    file: int
    first: int
    gone: int | None = None
    """The report that no longer found it."""
    back: int | None = None
    """The report that found it again."""
    covered: bool = False
    """By the pull request's override, from its time on."""
    false: bool = False
    """Dismissed after the report that found it."""

    def lives_after(self, report: int) -> bool:
        """Whether a report has seen it."""
        if report < self.first or (self.gone is not None and self.gone <= report and self.back is None):
            return False
        if self.gone is not None and self.back is not None and self.gone <= report < self.back:
            return False
        return not (self.false and report > self.first)


@dataclass(slots=True)
class Life:
    """A pull request's story."""

    state: PullState
    reports: list[datetime]
    ended_at: datetime | None
    found: list[Found]
    cover_after: int | None = None
    """The report after which an override was approved."""
    pending: bool = False
    """Somebody asks for an override of what is grave, and nobody has decided."""
    judgements: list[Judgement] = field(default_factory=list)
    tallies: list[Counter[tuple[str, str]]] = field(default_factory=list)
    """After each report: rule and severity → live violations."""
    covered: list[Counter[tuple[str, str]]] = field(default_factory=list)
    """The same of those that an override covers when the report is judged."""

    @property
    def cover_at(self) -> datetime | None:
        """When the override was approved."""
        return None if self.cover_after is None else self.reports[self.cover_after] + timedelta(hours=1)

    @property
    def dismissed_after(self) -> timedelta:
        """How long after its report a false positive was approved."""
        return timedelta(minutes=30)


class Change(NamedTuple):
    """One transition."""

    at: datetime
    before: str
    after: str
    cause: str
    report: int | None
    """The report that caused it."""


def live(
    random: Random,
    found: list[Found],
    *,
    reports: list[datetime],
    ended_at: datetime | None,
    default: bool,
    terms: Terms,
) -> Life:
    """Let the violations be found, fixed, found again and excused, and judge after every report.

    Args:
        found: with rule, severity and file.
        default: it is a default branch: things trickle in, and nobody excuses them.
    """
    ended = random.choices((PullState.MERGED, PullState.CLOSED), (9, 1))[0]
    life = Life(ended if ended_at else PullState.OPEN, reports, ended_at, found)
    last = len(reports) - 1
    for one in found:
        one.first = random.randint(0, last) if default or random.random() < 0.4 else 0
        if one.first < last and random.random() < (0.95 if default else 0.7):
            # Most is fixed soon.
            gone = one.first + 1 + int(random.expovariate(0.25 if default else 1))
            # What would be fixed later than the story goes is there to its end.
            one.gone = gone if gone <= last else None
            if one.gone is not None and one.gone < last and random.random() < 0.03:
                one.back = random.randint(one.gone + 1, last)
        elif not default and random.random() < 0.004:
            one.false = True
    if not default and random.random() < 0.08:
        life.cover_after = random.randint(0, last)
        for one in found:
            one.covered = one.severity != Severity.WARNING and one.back is None and one.lives_after(life.cover_after)
            one.covered = one.covered and not one.false
    elif life.state == PullState.OPEN and not default:
        life.pending = random.random() < 0.1
    _judge(life, terms)
    return life


def _judge(life: Life, terms: Terms) -> None:
    steps: list[Counter[tuple[str, str]]] = [Counter() for _ in range(len(life.reports) + 1)]
    excused: list[Counter[tuple[str, str]]] = [Counter() for _ in range(len(life.reports) + 1)]
    for one in life.found:
        key = (one.rule.id, one.severity)
        for start, end in spans(one, len(life.reports)):
            steps[start][key] += 1
            steps[end][key] -= 1
            if one.covered and life.cover_after is not None:
                excused[max(start, life.cover_after + 1)][key] += 1
                excused[max(end, life.cover_after + 1)][key] -= 1
    now: Counter[tuple[str, str]] = Counter()
    covered: Counter[tuple[str, str]] = Counter()
    for number in range(len(life.reports)):
        now.update(steps[number])
        covered.update(excused[number])
        life.tallies.append(+now)
        life.covered.append(+covered)
        life.judgements.append(judgement(counts_of(now), counts_of(covered), terms))


def spans(one: Found, reports: int) -> list[tuple[int, int]]:
    """From which report to which it was there; the second number is the first report without it."""
    if one.false:
        return [(one.first, one.first + 1)]
    if one.gone is None:
        return [(one.first, reports)]
    return [(one.first, one.gone), *([(one.back, reports)] if one.back is not None else [])]


def left_by(life: Life) -> Counter[tuple[str, str]]:
    """Rule and severity → what lives after everything that has happened."""
    left = Counter(life.tallies[-1])
    left.subtract((one.rule.id, one.severity) for one in life.found if one.false and one.first == len(life.reports) - 1)
    return +left


def covered_by(life: Life) -> Counter[tuple[str, str]]:
    """What of it an override covers."""
    last = len(life.reports) - 1
    return Counter((one.rule.id, one.severity) for one in life.found if one.covered and one.lives_after(last))


def counts_of(tally: Counter[tuple[str, str]]) -> Counts:
    """By severity."""
    sums: defaultdict[str, int] = defaultdict(int)
    for (_, severity), number in tally.items():
        sums[severity] += number
    return Counts(*(sums[severity] for severity in _SEVERITIES))


def judgement(counts: Counts, covered: Counts, terms: Terms, *, until: datetime | None = None) -> Judgement:
    """What the product would say."""
    still = Counts(*(whole - part for whole, part in zip(counts, covered, strict=True)))
    return judge(Standing(judged=True, counts=counts, open_counts=still, holds_until=until), terms)


def outcome(live_now: int, covered: int) -> Outcome:
    """Of one rule in one report."""
    if not live_now:
        return Outcome.PASS
    return Outcome.OVERRIDE if covered == live_now else Outcome.VIOLATION


def changes_of(life: Life, one: Found) -> list[Change]:
    """Every transition of a violation, in order."""
    at, opened = life.reports, Status.OPEN.value
    changes = [Change(at[one.first], "", opened, _CAUSE.FOUND, one.first)]
    if one.covered and life.cover_at:
        changes.append(Change(life.cover_at, opened, Status.OVERRIDDEN, _CAUSE.COVERED, None))
    if one.false:
        changes.append(Change(at[one.first] + life.dismissed_after, opened, Status.RESOLVED, _CAUSE.DISMISSED, None))
        return changes
    if one.gone is not None:
        changes.append(Change(at[one.gone], changes[-1].after, Status.RESOLVED, _CAUSE.FIXED, one.gone))
    if one.back is not None:
        changes.append(Change(at[one.back], Status.RESOLVED, opened, _CAUSE.RETURNED, one.back))
    if life.ended_at and changes[-1].after != Status.RESOLVED:
        cause = _CAUSE.MERGED if life.state == PullState.MERGED else _CAUSE.CLOSED
        changes.append(Change(life.ended_at, changes[-1].after, Status.RESOLVED, cause, None))
    return changes


RESOLUTIONS = {
    _CAUSE.FIXED: Resolution.FIXED,
    _CAUSE.MERGED: Resolution.MERGED,
    _CAUSE.CLOSED: Resolution.CLOSED,
    _CAUSE.DISMISSED: Resolution.FALSE_POSITIVE,
}

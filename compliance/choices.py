"""The field's words: what a column or a pure function may say."""

from django.db.models import IntegerChoices, TextChoices

UNATTRIBUTED = "UNATTRIBUTED"
"""The rule that stands in for messages without a known rule."""


class Severity(TextChoices):
    """How grave a violation is; also the tier of a rule."""

    BLOCK = "BLOCK", "Block"
    OVERRIDE = "OVERRIDE", "Override required"
    WARNING = "WARNING", "Warning"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return _RANKS[self.value]


_RANKS = {"BLOCK": 0, "OVERRIDE": 1, "WARNING": 2}


class Enforcement(TextChoices):
    """Whether a rule counts: observe records and shows it without counting."""

    ENFORCE = "enforce", "Enforce"
    OBSERVE = "observe", "Observe"
    OFF = "off", "Off"


class Status(TextChoices):
    """Where a violation stands in its life."""

    OPEN = "OPEN", "Open"
    OVERRIDDEN = "OVERRIDDEN", "Overridden"
    RESOLVED = "RESOLVED", "Resolved"


class Resolution(TextChoices):
    """Why a violation is resolved."""

    FIXED = "FIXED", "Fixed"
    CLOSED = "CLOSED", "Pull request closed"
    MERGED = "MERGED", "Pull request merged"
    FALSE_POSITIVE = "FALSE_POSITIVE", "False positive"


class Outcome(TextChoices):
    """What one evaluation says of one rule."""

    PASS = "PASS", "Pass"
    VIOLATION = "VIOLATION", "Violation"
    OVERRIDE = "OVERRIDE", "Override"


class Verdict(TextChoices):
    """Whether a pull request may merge, and why."""

    PENDING = "PENDING", "Pending"
    BLOCKED = "BLOCKED", "Blocked"
    INCOMPLETE = "INCOMPLETE", "Incomplete"
    OVERRIDE_APPROVED = "OVERRIDE_APPROVED", "Override approved"
    BELOW_THRESHOLD = "BELOW_THRESHOLD", "Below threshold"
    PASS = "PASS", "Pass"

    @property
    def can_merge(self) -> bool:
        """True for the two verdicts that let a pull request through."""
        return self in (Verdict.PASS, Verdict.OVERRIDE_APPROVED)


class PullState(TextChoices):
    """The code host's state of a pull request."""

    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    CLOSED = "closed", "Closed"


class Scope(TextChoices):
    """What a report's absence of a finding means: gone everywhere, or gone in the files it touched."""

    FULL = "full", "Full"
    DIFF = "diff", "Diff"


class Format(TextChoices):
    """What ``results`` is written in."""

    OPA = "opa", "OPA"
    CONFTEST = "conftest", "Conftest"
    SARIF = "sarif", "SARIF"
    CHECKS = "checks", "Checks"


class Superseded(TextChoices):
    """Why a report was recorded and changed nothing."""

    COMMIT = "commit", "The pull request has moved on from this commit"
    RUN = "run", "A run that started later was judged already"
    STATE = "state", "The pull request is merged or closed"


class HostKind(TextChoices):
    """Which code hosts we speak with."""

    GITHUB = "github", "GitHub"
    GITLAB = "gitlab", "GitLab"


class Update(TextChoices):
    """What a code host is told."""

    STATUS = "status", "Commit status"
    COMMENT = "comment", "Comment"


class Colour(TextChoices):
    """A rule at a glance."""

    GREY = "grey", "Never evaluated"
    RED = "red", "Blocking"
    YELLOW = "yellow", "Violated"
    GREEN = "green", "Clean"


class Urgency(IntegerChoices):
    """Which queued report is judged first; lower is sooner."""

    BLOCKING = 0, "Blocking"
    NORMAL = 5, "Normal"


class Interval(TextChoices):
    """What trends are put together by."""

    DAY = "day", "Day"
    WEEK = "week", "Week"

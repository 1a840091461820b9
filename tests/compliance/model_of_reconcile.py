"""What must be live on one pull request, finding by finding: slow, obvious, and without the product's code.

It is written from the rules as people read them, on plain values, so that it can be held against the pure
functions as well as against the database:

* An unseen fingerprint is new, a seen one is refreshed, a returning one reopens. A false positive stays one, unless
  it is found graver than when it was called one.
* An absent one is FIXED only if the report speaks about its package or its rule, under ``diff`` only if it
  touched its file, and never if another report of the same run saw it.
* A report changes nothing when the pull request is merged or closed, when its commit was the head once and is
  not now, or when its run started before the newest judged one of its source. A missing start is the time of
  receipt; one in the future is clamped to it.
* A commit becomes the head when it is reported on, unless its run started before one that was judged for the head.
* Closing resolves as CLOSED, merging as MERGED; reopening restores the CLOSED ones.
* Cover holds until it expires and while the severity is not graver than what was approved.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

GRAVEST_FIRST = ["BLOCK", "OVERRIDE", "WARNING"]


class Sighting(NamedTuple):
    """One finding of one report."""

    fingerprint: Hashable
    rule: str
    package: str
    severity: str
    file: str = ""
    line: int | None = None


@dataclass
class Known:
    """One violation over its life."""

    sighting: Sighting
    status: str = "OPEN"
    resolution: str = ""
    cover: tuple[datetime, str] | None = None
    """Until when, and the severity that was approved."""

    def live_at(self, at: datetime) -> None:
        """Be live, covered or not."""
        self.resolution = ""
        self.status = "OPEN"
        if self.cover is not None:
            until, approved = self.cover
            may_be = GRAVEST_FIRST[GRAVEST_FIRST.index(approved) :]
            if at < until and self.sighting.severity in may_be:
                self.status = "OVERRIDDEN"

    def resolve(self, resolution: str) -> None:
        self.status = "RESOLVED"
        self.resolution = resolution


class ModelOfPullRequest:
    """The violations of one pull request under everything that may happen to it."""

    def __init__(self) -> None:
        self.state = "open"
        self.head = ""
        self.head_start: datetime | None = None
        self.former_heads: set[str] = set()
        self.newest_start: dict[str, datetime] = {}
        self.seen_by_run: dict[tuple[str, str], set[Hashable]] = {}
        self.known: dict[tuple[str, Hashable], Known] = {}

    def apply_report(
        self,
        source: str,
        run: str,
        findings: Iterable[Sighting],
        packages: Collection[str],
        rules: Collection[str],
        scope: str,
        changed_files: Collection[str],
        *,
        commit: str,
        started: datetime | None,
        at: datetime,
    ) -> str:
        """Take a report in at ``at``; answer why it changed nothing (``state``, ``commit``, ``run``) or nothing."""
        start = at if started is None or started > at else started
        if self.state != "open":
            return "state"
        if commit in self.former_heads:
            return "commit"
        if source in self.newest_start and start < self.newest_start[source]:
            return "run"
        self._move_head(commit, start)
        self.newest_start[source] = start
        found = {finding.fingerprint: finding for finding in findings}
        run_saw = self.seen_by_run.setdefault((source, run), set())
        for finding in found.values():
            self._saw(source, finding, at)
            run_saw.add(finding.fingerprint)
        for (origin, fingerprint), known in self.known.items():
            if origin != source or known.status == "RESOLVED" or fingerprint in run_saw:
                continue
            about = known.sighting.package in packages or known.sighting.rule in rules
            touched = scope == "full" or known.sighting.file in changed_files
            if about and touched:
                known.resolve("FIXED")
        return ""

    def close(self, kind: str) -> None:
        """``kind`` is CLOSED or MERGED."""
        self.state = kind.lower()
        for known in self.known.values():
            if known.status != "RESOLVED":
                known.resolve(kind)

    def reopen(self, at: datetime) -> None:
        self.state = "open"
        for known in self.known.values():
            if known.resolution == "CLOSED":
                known.live_at(at)

    def cover(self, source: str, fingerprint: Hashable, until: datetime, at: datetime) -> None:
        """Approve an override of a live violation, as grave as it is now."""
        known = self.known[source, fingerprint]
        known.cover = (until, known.sighting.severity)
        known.live_at(at)

    def uncover(self, source: str, fingerprint: Hashable, at: datetime) -> None:
        """Revoke the override of a violation; one that is resolved is not covered either when it returns."""
        known = self.known[source, fingerprint]
        known.cover = None
        if known.status != "RESOLVED":
            known.live_at(at)

    def reinstate(self, source: str, fingerprint: Hashable, at: datetime) -> None:
        """Revoke that a violation is a false positive; of a pull request that has ended, it went with it."""
        known = self.known[source, fingerprint]
        if self.state == "open":
            known.live_at(at)
        else:
            known.resolve(self.state.upper())

    def call_false_positive(self, source: str, fingerprint: Hashable) -> None:
        """Approve that a live violation is none."""
        self.known[source, fingerprint].resolve("FALSE_POSITIVE")

    def live(self) -> set[tuple[str, Hashable]]:
        """Source and fingerprint of what still counts."""
        return {key for key, known in self.known.items() if known.status != "RESOLVED"}

    def status(self, source: str, fingerprint: Hashable) -> str:
        """OPEN, OVERRIDDEN or RESOLVED, as of the last time something happened to the violation."""
        return self.known[source, fingerprint].status

    def resolution(self, source: str, fingerprint: Hashable) -> str:
        """Why it is resolved; empty while it is live."""
        return self.known[source, fingerprint].resolution

    def _saw(self, source: str, finding: Sighting, at: datetime) -> None:
        known = self.known.get((source, finding.fingerprint))
        if known is None:
            self.known[source, finding.fingerprint] = Known(finding)
            return
        graver = GRAVEST_FIRST.index(finding.severity) < GRAVEST_FIRST.index(known.sighting.severity)
        if known.resolution != "FALSE_POSITIVE" or graver:
            known.sighting = finding
            known.live_at(at)

    def _move_head(self, commit: str, start: datetime) -> None:
        if commit != self.head:
            if self.head_start is not None and start < self.head_start:
                return
            if self.head:
                self.former_heads.add(self.head)
            self.head, self.head_start = commit, start
        self.head_start = max(start, self.head_start or start)

"""What the verdict is now, and what it would be once a request is decided or over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.choices import PullState, Verdict
from compliance.models import PullRequest
from compliance.services.forecast import Change, judgement_if
from compliance.services.standing import PullStanding, standing_now
from overrides.choices import Kind, Standing
from overrides.models import OverrideRequest
from overrides.queries.rows import Row, rows_of


@dataclass(frozen=True, slots=True)
class Outlook:
    """The verdict now, and after."""

    now: PullStanding
    after: Verdict | None
    """If it is approved (while it is pending), or once it ends (while it holds). None: nothing would follow."""
    score: int | None
    """The open score after."""

    @property
    def turns(self) -> bool:
        """The verdict would be another one."""
        return self.after is not None and self.after != Verdict(self.now.pull.verdict)


def outlook(request: OverrideRequest, rows: Sequence[Row] | None = None, *, at: datetime) -> Outlook:
    """Look ahead. Waiting reports are left out of ``after``: nobody knows what they will say."""
    now = standing_now(request.pull_request, at=at)
    change = _change_of(request, at)
    if change is None or now.pull.state != PullState.OPEN:
        return Outlook(now, None, None)
    rows = rows_of(request) if rows is None else rows
    judgement = judgement_if(now.pull, change, _concerned(request, change, rows))
    return Outlook(now, judgement.verdict, judgement.open_score)


def turns_red(request: OverrideRequest, *, at: datetime) -> Verdict | None:
    """The verdict that its pull request gets when an approved override ends; None where it may be merged all the same.

    Only what no other override covers longer counts.
    """
    pull = PullRequest.objects.select_related("repository").get(pk=request.pull_request_id)
    if pull.state != PullState.OPEN:
        return None
    after = judgement_if(pull, Change.UNCOVER, _concerned(request, Change.UNCOVER, rows_of(request))).verdict
    before = judgement_if(pull, Change.NOTHING).verdict
    return after if before.can_merge and not after.can_merge else None


def _change_of(request: OverrideRequest, at: datetime) -> Change | None:
    dismisses = request.kind == Kind.FALSE_POSITIVE
    standing = request.standing_at(at)
    if standing == Standing.PENDING:
        return Change.DISMISS if dismisses else Change.COVER
    if standing == Standing.APPROVED:
        return Change.REINSTATE if dismisses else Change.UNCOVER
    return None


def _concerned(request: OverrideRequest, change: Change, rows: Sequence[Row]) -> list[UUID]:
    if change is Change.UNCOVER:
        rows = [row for row in rows if row.violation and row.violation.override_until == request.expires_at]
    return [row.item.violation_id for row in rows]

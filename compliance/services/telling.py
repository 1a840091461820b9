"""What a code host is to be told now: read when it is sent, so that the newest always goes last."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.urls import reverse

from compliance.choices import PullState, Update, Verdict
from compliance.codehost.clients import State
from compliance.codehost.wording import Told, comment_of, description_of, worst
from compliance.models import MergeGroup, PullRequest, StatusUpdate, Submission
from compliance.services.standing import standing_now
from core.claims import Claimable
from tenants.addresses import absolute


@dataclass(frozen=True, slots=True)
class Status:
    """A commit's status."""

    commit: str
    state: State
    description: str
    address: str

    @property
    def digest(self) -> str:
        """The same for the same status."""
        return _digest(self.state, self.description, self.address)


@dataclass(frozen=True, slots=True)
class Comment:
    """A pull request's comment."""

    number: int
    body: str
    marker: str

    @property
    def digest(self) -> str:
        """The same for the same comment."""
        return _digest(self.body)


def message_of(update: StatusUpdate, *, at: datetime) -> Status | Comment | None:
    """What to send for an update; None where nothing is to be said any more.

    A commit that is the head of several pull requests is told the worst of their verdicts; a merge queue's commit
    that of the pull request that it adds.
    """
    if update.kind == Update.COMMENT:
        return _comment(update.pull_request, at)
    told = [_told(pull, at) for pull in _pulls_of(update)]
    if not told:
        return None
    one = worst(told)
    return Status(update.target, one.state, description_of(one), one.address)


def _pulls_of(update: StatusUpdate) -> list[PullRequest]:
    about = PullRequest.objects.filter(repository=update.repository_id).select_related("repository")
    heads = list(about.filter(head_sha=update.target, state=PullState.OPEN))
    group = MergeGroup.objects.filter(repository=update.repository_id, head_sha=update.target).first()
    if group is not None:
        heads += about.filter(number=group.number)
    if heads:
        return heads
    pull = update.pull_request
    return [pull] if pull.head_sha == update.target or _failed_for(pull, update.target) else []


def _failed_for(pull: PullRequest, commit: str) -> bool:
    """The only report on a commit that is no head has failed: nobody else will say so."""
    reports = Submission.objects.about(pull.repository.name, pull.number).filter(commit_sha=commit)
    return bool(reports.filter(status=Claimable.Status.FAILED).exists())


def _comment(pull: PullRequest, at: datetime) -> Comment | None:
    told = _told(pull, at)
    # Who has just opened a pull request need not be told that CI has yet to run.
    if pull.number is None or (told.verdict is Verdict.PENDING and not pull.comment_id and pull.last_checked is None):
        return None
    marker = f"<!-- forge-compliance {pull.pk} -->"
    return Comment(pull.number, comment_of(told, marker=marker), marker)


def _told(pull: PullRequest, at: datetime) -> Told:
    standing = standing_now(pull, at=at)
    return Told(
        verdict=standing.verdict,
        score=standing.pull.score,
        threshold=standing.threshold,
        counts=standing.pull.counts,
        reasons=[(named.reason.code, named.reason.message, named.reason.remedy) for named in standing.reasons],
        address=absolute(reverse("admin:compliance_pullrequest_change", args=[pull.pk])),
        name=str(standing.pull),
    )


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()

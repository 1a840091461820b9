"""Reports that come too late to change anything. The caller holds the pull request's lock."""

from datetime import datetime

from compliance.choices import PullState, Superseded
from compliance.models import Evaluation, MergeGroup, NamedHead, PullRequest
from compliance.models.evaluations import EvaluationQuerySet
from compliance.report import Report


def run_start(report: Report, *, received_at: datetime) -> datetime:
    """When the run began: as stated, never after the report came in; missing, when it came in."""
    return min(report.run_started_at or received_at, received_at)


def superseded(pull: PullRequest, report: Report, *, started_at: datetime) -> Superseded | None:
    """Why a report is only recorded, or None where it is to be judged.

    Runs are told apart by their id: the reports of one run belong together, in whatever order they arrive.
    """
    if pull.state != PullState.OPEN:
        return Superseded.STATE
    judged = Evaluation.objects.judged().filter(pull_request=pull)
    if report.commit_sha != pull.head_sha and (
        _was_head(pull, judged, report.commit_sha) or is_queued_commit(pull, report.commit_sha)
    ):
        return Superseded.COMMIT
    rivals = judged.filter(source=report.source)
    if pull.repository.trusted_policies and pull.repository.trusts(report.policy_revision):
        # What anybody may send must not make a report late that may let the pull request pass.
        rivals = rivals.filter(policy_revision__in=pull.repository.trusted_policies)
    newest = rivals.order_by("-run_started_at", "-id").first()
    if newest is not None and newest.run_id != report.run_id and started_at < newest.run_started_at:
        return Superseded.RUN
    return None


def is_queued_commit(pull: PullRequest, commit_sha: str) -> bool:
    """Whether a merge queue has made the commit to merge the pull request: never its head, judged by its verdict."""
    groups = MergeGroup.objects.filter(repository=pull.repository_id, head_sha=commit_sha, number=pull.number or 0)
    return pull.number is not None and groups.exists()


def _was_head(pull: PullRequest, judged: EvaluationQuerySet, commit_sha: str) -> bool:
    """By what was judged, or by what the code host has named."""
    named = NamedHead.objects.filter(pull_request=pull, commit_sha=commit_sha)
    return judged.filter(commit_sha=commit_sha, was_head=True).exists() or named.exists()


def moves_head(pull: PullRequest, report: Report, *, started_at: datetime) -> bool:
    """Whether the report's commit is the head from now on: new, and no later run was judged for the present head."""
    if report.commit_sha == pull.head_sha:
        return False
    return pull.head_started_at is None or started_at >= pull.head_started_at

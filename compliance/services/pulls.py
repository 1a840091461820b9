"""What the code host says of a pull request: closed, merged, open again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from compliance.choices import PullState, Resolution, Status
from compliance.models import PullRequest, Transition, Version, Violation
from compliance.services import bulk
from compliance.services.alerting import alert_about
from compliance.services.covering import bring_back
from compliance.services.judging import judge_pull_request
from compliance.services.states import recount
from compliance.services.updates import queue_updates
from core.errors import Conflict

_ENDS = {
    PullState.CLOSED: (Resolution.CLOSED, Transition.Cause.CLOSED),
    PullState.MERGED: (Resolution.MERGED, Transition.Cause.MERGED),
}


@transaction.atomic
def set_state(pull_id: UUID, *, state: PullState, by: str, at: datetime) -> PullRequest:
    """Close, merge or reopen a pull request. Its present state again changes nothing.

    Closing and merging resolve what lives and freeze the verdict; reopening brings back what closing resolved.

    Raises:
        Conflict: it is a default branch, or merged, which is final.
    """
    pull = PullRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("repository").get(pk=pull_id)
    if pull.state == state:
        return pull
    if pull.number is None:
        raise Conflict("default_branch", "A default branch is always open.")
    if pull.state == PullState.MERGED:
        raise Conflict("already_merged", f"{pull} is merged, which is final.")
    pull.state = state
    if state == PullState.OPEN:
        _restore(pull, at)
    else:
        _end(pull, state, by, at)
    recount(pull)
    if state == PullState.OPEN:
        judge_pull_request(pull)
    pull.save()
    queue_updates(pull, at=at)
    alert_about(pull, at=at)
    Version.bump("pulls", "rules", "violations")
    return pull


def _end(pull: PullRequest, state: PullState, by: str, at: datetime) -> None:
    resolution, cause = _ENDS[state]
    if state == PullState.MERGED:
        _merge_what_closing_resolved(pull)
    live = list(Violation.objects.live().filter(pull_request=pull).values_list("pk", "status"))
    bulk.update_resolved([key for key, _ in live], resolution=resolution, at=at, by=by)
    changes = [(key, status, Status.RESOLVED.value, cause.value) for key, status in live]
    bulk.copy_transitions(changes, at=at, evaluation=None)


def _merge_what_closing_resolved(pull: PullRequest) -> None:
    """Some hosts close before they say merged; what closing resolved went with the merge then."""
    gone = Violation.objects.filter(pull_request=pull, resolution=Resolution.CLOSED)
    gone.update(resolution=Resolution.MERGED)


def _restore(pull: PullRequest, at: datetime) -> None:
    closed = Violation.objects.filter(pull_request=pull, resolution=Resolution.CLOSED)
    bring_back(closed, cause=Transition.Cause.REOPENED, at=at)

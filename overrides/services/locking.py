"""Locks, always in this order: the pull request, then the request. Versions and the audit's head come last."""

from uuid import UUID

from compliance.models import PullRequest
from compliance.services.covering import lock_pull
from core.errors import Conflict, NotFound
from overrides.choices import Standing
from overrides.models import OverrideRequest


class AlreadyDecided(Conflict):
    """Somebody was faster, or it is over."""

    def __init__(self, request: OverrideRequest, standing: Standing) -> None:
        by = request.ended_by_label or request.decided_by_label
        ended = f"{standing.label.lower()}{f' by {by}' if by and standing != Standing.EXPIRED else ''}"
        message = "It is not decided yet." if standing == Standing.PENDING else f"It is {ended} already."
        super().__init__("already_decided", message)


def locked(override_id: UUID, *, wait: bool = True) -> tuple[OverrideRequest, PullRequest]:
    """A request and its pull request, both locked until the transaction ends. Two who decide at once queue here.

    Raises:
        NotFound: there is no such request.
        django.db.OperationalError: somebody holds the pull request, and ``wait`` is False or that takes too long.
    """
    pull_id = OverrideRequest.objects.filter(pk=override_id).values_list("pull_request", flat=True).first()
    if pull_id is None:
        raise NotFound("not_found", "There is no such override.")
    pull = lock_pull(pull_id, wait=wait)
    request = OverrideRequest.objects.select_for_update(no_key=True).get(pk=override_id)
    request.pull_request = pull
    return request, pull

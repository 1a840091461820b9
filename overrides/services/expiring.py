"""Letting overrides end when their time is over."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.utils import OperationalError

from overrides.choices import Standing
from overrides.models import OverrideRequest
from overrides.services.deciding import end
from overrides.services.locking import locked

logger = logging.getLogger(__name__)
BY_A_READ = 20
"""As many end by one read; the others read as expired all the same."""


def expire_due(*, at: datetime, limit: int | None = None, wait: bool = True) -> int:
    """End every approved override whose time is over, one transaction each. Returns how many.

    One whose pull request is being worked on is passed over until the next time; its violations are uncovered then.

    Args:
        limit: at most so many.
        wait: for a pull request that somebody holds.
    """
    due = OverrideRequest.objects.overdue(at).order_by("expires_at", "pk").values_list("pk", flat=True)
    return sum(_expire(key, at=at, wait=wait) for key in list(due[:limit]))


def expire_for_reader(*, at: datetime) -> None:
    """The same before somebody reads: a few, and without waiting for anybody."""
    expire_due(at=at, limit=BY_A_READ, wait=False)


def _expire(override_id: UUID, *, at: datetime, wait: bool) -> bool:
    try:
        with transaction.atomic():
            request, pull = locked(override_id, wait=wait)
            if request.status != Standing.APPROVED or request.standing_at(at) != Standing.EXPIRED:
                return False
            end(request, pull, Standing.EXPIRED, at=at)
    except OperationalError:
        logger.info("the pull request of override %s is busy; it ends a little later", override_id)
        return False
    return True

"""What people have read of their notifications."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import User
from alerts.models import Notification
from alerts.queries.bell import forget_bell


def mark_read(ids: Collection[UUID] | None, *, by: User, at: datetime) -> int:
    """Mark one's own notifications as read (None: all of them); returns how many were not. Others' are left alone."""
    unread = Notification.objects.filter(user=by, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    marked = unread.update(read_at=at)
    forget_bell(by)
    return marked

"""What the bell in the header shows: asked for on every page, and so remembered for a few seconds."""

from typing import Any, TypedDict

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.models import User
from alerts.models import Notification
from core.breaker import redis

SHOWN, COUNTED = 6, 99
REMEMBERED_SECONDS = 20


class Bell(TypedDict):
    """One person's unread notifications."""

    count: int
    """At most one more than ``COUNTED``."""
    newest: list[dict[str, Any]]


def bell_of(user: User) -> Bell:
    """The newest unread notifications and how many there are: one query in ``REMEMBERED_SECONDS``, by an index."""
    known = _remembered(user)
    if known is None:
        known = _read(user)
        _remember(user, known)
    return known


def forget_bell(user: User) -> None:
    """What was remembered is no longer so."""
    if redis.open():
        return
    try:
        cache.delete(_key(user))
    except RedisError:
        redis.trip()


def _read(user: User) -> Bell:
    unread = Notification.objects.filter(user=user, read_at=None).order_by("-id")
    rows: list[Any] = list(unread.values("id", "title", "at")[: COUNTED + 1])
    return Bell(count=len(rows), newest=rows[:SHOWN])


def _remembered(user: User) -> Bell | None:
    if redis.open():
        return None
    try:
        found: Bell | None = cache.get(_key(user))
    except RedisError:
        redis.trip()
        return None
    return found


def _remember(user: User, bell: Bell) -> None:
    if redis.open():
        return
    try:
        cache.set(_key(user), bell, REMEMBERED_SECONDS)
    except RedisError:
        redis.trip()


def _key(user: User) -> str:
    # The cache's own key function adds the schema.
    return f"alerts.bell:{user.pk}"

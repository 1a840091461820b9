"""Telling workers that there is work, without ever waiting for the broker.

A message is a hint: the work itself is a row, and ``manage.py inbox`` finds it without any message. So a broker that
is slow or away costs a publisher at most ``REDIS_TIMEOUT``, once every few seconds.
"""

import logging
from functools import cache as once
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from kombu import pools
from kombu.connection import Connection

from core import breaker

logger = logging.getLogger(__name__)


def announce(task: str, *, key: str, queue: str, countdown: float = 0, seconds: int = 30) -> bool:
    """Send the task of this name for the current tenant, unless a message with this key is still on its way.

    Args:
        key: names the announcement; ``taken`` takes it back. The tenant is part of the cache's key.
        queue: the Celery queue.
        countdown: seconds until it is to be worked on.
        seconds: after this time a message counts as lost.

    Returns:
        Whether a message was sent.
    """
    if breaker.redis.open():
        return False
    try:
        if not cache.add(f"announced:{key}", 1, timeout=seconds):
            return False
        with pools.producers[_publishing_connection()].acquire(block=True, timeout=settings.REDIS_TIMEOUT) as producer:
            current_app.send_task(
                task, producer=producer, queue=queue, countdown=countdown or None, retry=False, expires=3600
            )
    except Exception:
        # Whatever the broker does, the caller's work is done and stored.
        breaker.redis.trip()
        logger.warning("the broker does not answer; the inbox runner will find the work", exc_info=True)
        return False
    return True


def taken(*, key: str) -> None:
    """A worker has the message: the next piece of work is announced again."""
    try:
        cache.delete(f"announced:{key}")
    except Exception:
        logger.warning("the cache does not answer", exc_info=True)


@once
def _publishing_connection() -> Connection:
    pools.set_limit(settings.CELERY_BROKER_POOL_LIMIT, force=True)  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "max_retries": 0,
        "socket_timeout": settings.REDIS_TIMEOUT,
        "socket_connect_timeout": settings.REDIS_TIMEOUT,
        "retry_on_timeout": False,
    }
    connection: Connection = current_app.connection_for_write(transport_options=options)
    return connection

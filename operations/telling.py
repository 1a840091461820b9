"""A process tells the database of itself: that it runs, how full its pool is, and how fast it has answered.

By a connection of its own, outside of the pool: a pool without a free connection is what it has to tell of.
"""

import logging
import os
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import psycopg
from celery.signals import beat_init, worker_process_init, worker_ready
from django.conf import settings
from psycopg import sql

from operations import traffic
from operations.pools import Pool, own_pool
from tenants.postgresql_backend.base import role_of

logger = logging.getLogger(__name__)
_LOOKS_EVERY = 1.0
"""Seconds: how often the pool is looked at, so that a peak between two readings counts by its length."""
_TELL = """
    INSERT INTO operations_processreading
        (name, kind, started_at, at, pool_max, pool_size, pool_active, pool_waiting, pool_busy)
    VALUES (%(name)s, %(kind)s, %(started_at)s, %(at)s, %(maximum)s, %(size)s, %(active)s, %(waiting)s, %(busy)s)
    ON CONFLICT (name) DO UPDATE SET (kind, started_at, at, pool_max, pool_size, pool_active, pool_waiting, pool_busy)
        = ROW(excluded.kind, excluded.started_at, excluded.at, excluded.pool_max, excluded.pool_size,
              excluded.pool_active, excluded.pool_waiting, excluded.pool_busy)
"""
_ADD = """
    INSERT INTO operations_responsetally AS tally
        (schema_name, requests, errors, polls, polls_failed, total_ms, buckets)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (schema_name) DO UPDATE SET
        requests = tally.requests + excluded.requests, errors = tally.errors + excluded.errors,
        polls = tally.polls + excluded.polls, polls_failed = tally.polls_failed + excluded.polls_failed,
        total_ms = tally.total_ms + excluded.total_ms,
        buckets = (SELECT array_agg(COALESCE(a, 0) + COALESCE(b, 0) ORDER BY place)
                   FROM unnest(tally.buckets, excluded.buckets) WITH ORDINALITY AS pair(a, b, place))
"""


def tell(kind: str, *, started_at: datetime, at: datetime, looks: Sequence[Pool] = ()) -> None:
    """Write this process's reading, and add what it has answered since the last time. One transaction.

    Args:
        kind: as ``PROCESS_KIND`` names them.
        looks: at the pool, since the last time; the newest last.
    """
    pool = looks[-1] if looks else own_pool()
    busy = sum(look.busy for look in looks) / len(looks) if looks else pool.busy
    reading = {"name": process_name(), "kind": kind, "started_at": started_at, "at": at, "busy": busy}
    came = traffic.take()
    try:
        with _platform_connection() as connection:
            connection.execute(_TELL, {**reading, **pool._asdict()})
            # In one order, or two processes could wait for each other.
            for schema in sorted(came):
                connection.execute(_ADD, _values(schema, came[schema]))
    except psycopg.Error:
        traffic.give_back(came)
        raise


def process_name() -> str:
    """Host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def tell_regularly(kind: str) -> None:
    """Begin to tell, every ``PROCESS_READING_SECONDS``, until the process ends."""
    thread = Thread(target=_keep_telling, args=(kind, Event()), name="process-reading", daemon=True)
    thread.start()


def begin_with_the_process() -> None:
    """Let workers, beat and the inbox runner tell of themselves from their start on; the web begins when it is asked.

    A web server may fork after it has read this, and would leave the thread behind.
    """
    for signal in (worker_ready, worker_process_init, beat_init):
        signal.connect(_begin, weak=False)
    if settings.PROCESS_KIND == "inbox":
        _begin()


def _begin(**_: Any) -> None:
    if settings.PROCESS_READING_SECONDS:
        tell_regularly(settings.PROCESS_KIND)


def _keep_telling(kind: str, stopped: Event) -> None:
    started_at = datetime.now(UTC)
    looks: list[Pool] = []
    due = 0.0
    failing = False
    while True:
        looks.append(own_pool())
        if time.monotonic() >= due:
            due = time.monotonic() + settings.PROCESS_READING_SECONDS
            failing = _told(kind, started_at, looks, failing)
            looks.clear()
        stopped.wait(_LOOKS_EVERY)


def _told(kind: str, started_at: datetime, looks: list[Pool], failing: bool) -> bool:
    """True where it could not be told; that is logged once, not every few seconds."""
    try:
        tell(kind, started_at=started_at, at=datetime.now(UTC), looks=looks)
    except Exception:
        if not failing:
            logger.warning("the database does not take this process's reading", exc_info=True)
        return True
    return False


def _values(schema: str, came: traffic.Traffic) -> list[Any]:
    return [schema, came.requests, came.errors, came.polls, came.polls_failed, came.total_ms, came.buckets]


def _platform_connection() -> psycopg.Connection:
    # As the web's role: the roles of other kinds may have no connection left, which is what there is to tell.
    connection = psycopg.connect(settings.READING_DATABASE_URL, connect_timeout=3, prepare_threshold=None)
    role = sql.Identifier(role_of("public"))
    connection.execute(sql.SQL("SET search_path = public, pg_temp; SET ROLE {}").format(role))
    return connection

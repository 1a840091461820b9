"""Who migrates what, held by the database: a process that dies holds nothing any more.

Each lock stands on a connection of its own, straight to PostgreSQL: a pooler between would hand it to somebody else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

from core.errors import Conflict

_CLASS = 0x464F5247
"""Sets our advisory locks apart from those of other programs in the same database."""
_ROLLOUT = 0
_OF_SCHEMA = "hashtext(%(schema)s)"


@contextmanager
def rollout_lock() -> Iterator[None]:
    """Be the only rollout.

    Raises:
        Conflict: another one is at work.
    """
    with _connection() as own:
        if not _holds(own, "SELECT pg_try_advisory_lock(%(class)s, %(key)s)", key=_ROLLOUT):
            raise Conflict("rollout_running", "Another rollout is at work. Wait for its end, then run this again.")
        yield


@contextmanager
def schema_lock(schema: str) -> Iterator[None]:
    """Be the only one who changes a schema's tables or copies them; waits for whoever is at it."""
    with _connection() as own:
        own.execute(f"SELECT pg_advisory_lock(%(class)s, {_OF_SCHEMA})", {"class": _CLASS, "schema": schema})
        yield


def is_being_migrated(schema: str) -> bool:
    """Whether somebody who is alive holds the schema's lock."""
    with _connection() as own:
        return not _holds(own, f"SELECT pg_try_advisory_lock(%(class)s, {_OF_SCHEMA})", schema=schema)


def _connection() -> psycopg.Connection:
    return psycopg.connect(settings.OWNER_DATABASE_URL, autocommit=True, prepare_threshold=None)


def _holds(own: psycopg.Connection, statement: str, **parameters: str | int) -> bool:
    row = own.execute(statement.encode(), {"class": _CLASS, **parameters}).fetchone()
    return bool(row and row[0])

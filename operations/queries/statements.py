"""How long queries take, from ``pg_stat_statements``, by whose role has run them.

Read as the monitoring role and for all tenants at once: a tenant's role may not see the others', and the view reads
all of its texts for whoever asks. What is kept for a tenant holds only what its own role has run.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg
from django.conf import settings

from operations import histogram
from tenants.postgresql_backend.base import role_of

SHOWN = 5
_TEXT = 400
# Nothing but work on tables: a statement that switches tenants is run by the role of the tenant before, and names the
# next one's schema.
_STATEMENTS = """
    SELECT rolname, queryid::text, calls, total_exec_time, max_exec_time,
        CASE WHEN row_number() OVER (PARTITION BY rolname ORDER BY mean_exec_time DESC) <= %(shown)s
             THEN left(query, %(text)s) END
    FROM extensions.pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
        AND query ~* '^\\s*(select|insert|update|delete|with|merge|copy)\\y'
"""
# The roles that our processes sign in with are named after the database, or as DATABASE_URL names one.
_CONNECTIONS = """
    SELECT rolname, rolconnlimit, count(activity.pid)
    FROM pg_roles LEFT JOIN pg_stat_activity activity ON activity.usename = rolname AND datname = current_database()
    WHERE rolcanlogin AND (starts_with(rolname, current_database() || '_') OR rolname = %s)
    GROUP BY rolname, rolconnlimit ORDER BY rolname
"""
Marks = dict[str, list[float]]
"""Statement → calls and milliseconds, as they stood."""


class Statement(NamedTuple):
    """One statement of one role, since the server's statistics began."""

    id: str
    calls: int
    total_ms: float
    max_ms: float
    text: str | None
    """Of the slowest few alone, without its values."""


class Connections(NamedTuple):
    """How many connections a role may have, and has."""

    used: int
    limit: int | None
    """None: as many as the server has."""


class Server(NamedTuple):
    """What the database server says of itself."""

    statements: Mapping[str, list[Statement]]
    """By schema."""
    connections: Mapping[str, Connections]
    """By the role that processes sign in with."""
    server: Connections
    bytes: int


class ServerUnreadable(Exception):
    """The statistics cannot be read; the message says why."""


def read_server(*, schemas: list[str], login: str) -> Server:
    """Everything, in one short connection of the monitoring role.

    Args:
        schemas: whose statements are told apart; those of other roles are left out.
        login: the role that this process signs in with.

    Raises:
        ServerUnreadable: no monitoring role is set, or the server does not let it read.
    """
    if not settings.MONITOR_DATABASE_URL:
        raise ServerUnreadable("MONITOR_DATABASE_URL is not set.")
    try:
        with psycopg.connect(
            settings.MONITOR_DATABASE_URL, autocommit=True, connect_timeout=3, options="-c statement_timeout=10s"
        ) as monitor:
            return _read(monitor, schemas, login)
    except psycopg.Error as error:
        raise ServerUnreadable(str(error).strip()) from error


def _read(monitor: psycopg.Connection, schemas: list[str], login: str) -> Server:
    owners = {role_of(schema): schema for schema in schemas}
    statements: dict[str, list[Statement]] = {}
    for role, *rest in monitor.execute(_STATEMENTS, {"shown": SHOWN, "text": _TEXT}).fetchall():
        if role in owners:
            statements.setdefault(owners[role], []).append(Statement(*rest))
    connections = {
        role: Connections(used, limit if limit >= 0 else None)
        for role, limit, used in monitor.execute(_CONNECTIONS, [login]).fetchall()
    }
    used, limit, size = monitor.execute(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
        "current_setting('max_connections')::int, pg_database_size(current_database())"
    ).fetchone() or (0, 0, 0)
    return Server(statements, connections, Connections(used, limit), size)


def came_since(statements: list[Statement], marks: Mapping[str, list[float]]) -> dict[str, Any]:
    """Calls since the marks: how many, how long, and in which buckets. Pure.

    The server keeps sums, no single times: each call counts as long as its statement took on average in that time.
    """
    calls, total, buckets = 0, 0.0, histogram.empty()
    for statement in statements:
        before = marks.get(statement.id, [0, 0.0])
        came, took = statement.calls - int(before[0]), statement.total_ms - before[1]
        if came < 0 or took < 0:  # the server has forgotten it in between, and begun anew
            came, took = statement.calls, statement.total_ms
        if came:
            calls, total = calls + came, total + took
            buckets[histogram.place(took / came)] += came
    return {"calls": calls, "total_ms": round(total, 3), "buckets": buckets}


def marks_of(statements: list[Statement]) -> Marks:
    """Where the sums stand now."""
    return {statement.id: [statement.calls, statement.total_ms] for statement in statements}


def slowest(statements: list[Statement]) -> list[dict[str, Any]]:
    """The slowest on average, in milliseconds, as ``GET health`` tells them. Pure."""
    told = [statement for statement in statements if statement.text and statement.calls]
    told.sort(key=lambda statement: -statement.total_ms / statement.calls)
    return [
        {
            "query": " ".join(str(statement.text).split()),
            "calls": statement.calls,
            "avgTime": round(statement.total_ms / statement.calls, 2),
            "maxTime": round(statement.max_ms, 2),
        }
        for statement in told[:SHOWN]
    ]

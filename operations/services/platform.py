"""The platform's turn, every minute: what the server, the processes and Redis say, of all tenants at once."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
import requests
from django.conf import settings
from django.db import connections

from operations import histogram
from operations.models import ResponseTally, TenantReading
from operations.queries.figures import alerting_figures
from operations.queries.migrations import pending_migrations
from operations.queries.processes import LENDING, WEB, Processes, busy_of, pool_of, processes
from operations.queries.statements import (
    Server,
    ServerUnreadable,
    Statement,
    came_since,
    marks_of,
    read_server,
    slowest,
)
from operations.services.sampling import keep_sample
from tenants.models import Tenant

PUBLIC = "public"
_CHECK_SECONDS = 5.0
_NOTHING = {"calls": 0, "total_ms": 0.0, "buckets": histogram.empty()}


def sample_platform(*, at: datetime) -> bool:
    """Take the platform's figures and each tenant's traffic; in the public schema.

    Returns:
        False where another worker has taken this minute's.
    """
    schemas = [PUBLIC, *Tenant.objects.active().values_list("schema_name", flat=True)]
    server, unreadable = _server(schemas)
    running = processes(at=at)
    turns = _turns(schemas, server)
    figures = {
        **_pools(running),
        **alerting_figures(at=at),
        "queries": _sum(turn.traffic["queries"] for turn in turns),
        "responses": _sum(turn.traffic["responses"] for turn in turns),
        "slowest": _slowest(server),
        "connections": {role: known._asdict() for role, known in server.connections.items()} if server else None,
        "server": server.server._asdict() if server else None,
        "bytes": server.bytes if server else None,
        "unreadable": unreadable,
        "check": check_site(running),
        "redis": _redis_answers(),
        "beat_seconds": (at - running.beat_at).total_seconds() if running.beat_at else None,
        "migrations_pending": pending_migrations(),
    }
    if not keep_sample(figures, at=at):
        return False
    _keep_traffic(turns, at=at)
    TenantReading.objects.exclude(pk__in=schemas).delete()
    return True


@dataclass(slots=True)
class _Turn:
    """What came to one schema since the turn before, and where its running totals stand now."""

    schema: str
    traffic: dict[str, Any]
    marks: dict[str, Any]


def _turns(schemas: Iterable[str], server: Server | None) -> list[_Turn]:
    tallies = ResponseTally.objects.in_bulk()
    known = TenantReading.objects.in_bulk()
    turns = []
    for schema in schemas:
        marks = known[schema].marks if schema in known else {}
        statements = list(server.statements.get(schema, [])) if server else []
        responses = _state(tallies.get(schema))
        traffic = {
            "queries": _queries(statements, marks.get("statements")),
            "responses": _responses(responses, marks.get("responses")),
            "slowest": slowest(statements),
        }
        kept = marks_of(statements) if server else marks.get("statements")
        turns.append(_Turn(schema, traffic, {"statements": kept, "responses": responses}))
    return turns


def _queries(statements: list[Statement], marks: Mapping[str, list[float]] | None) -> dict[str, Any]:
    """Nothing at the first look: what the server has added up before was not of the last minute."""
    return dict(_NOTHING) if marks is None else came_since(statements, marks)


def _state(tally: ResponseTally | None) -> dict[str, Any]:
    if tally is None:
        return {"calls": 0, "total_ms": 0.0, "errors": 0, "polls": 0, "polls_failed": 0, "buckets": histogram.empty()}
    names = ("total_ms", "errors", "polls", "polls_failed", "buckets")
    return {"calls": tally.requests, **{name: getattr(tally, name) for name in names}}


def _responses(now: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    if before is None or now["calls"] < before["calls"]:
        return {**_state(None)}
    came = {name: now[name] - before[name] for name in now if name != "buckets"}
    return {**came, "buckets": histogram.since(now["buckets"], before["buckets"])}


def _keep_traffic(turns: Iterable[_Turn], *, at: datetime) -> None:
    rows = [
        TenantReading(schema_name=turn.schema, traffic_at=at, traffic=turn.traffic, marks=turn.marks) for turn in turns
    ]
    TenantReading.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["schema_name"],
        update_fields=["traffic_at", "traffic", "marks"],
    )


def _sum(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    known = list(parts)
    names = {name for part in known for name in part if name != "buckets"}
    totals = {name: sum(part.get(name, 0) for part in known) for name in sorted(names)}
    return {**totals, "buckets": histogram.added(part["buckets"] for part in known)}


def _slowest(server: Server | None) -> list[dict[str, Any]]:
    if server is None:
        return []
    told = [
        {"schema": schema, **query} for schema, statements in server.statements.items() for query in slowest(statements)
    ]
    return sorted(told, key=lambda query: -query["avgTime"])[:10]


def _pools(running: Processes) -> dict[str, Any]:
    """The pools by kind of process, and the fullest kind: a worker at rest does not make the web's pool emptier.

    The inbox runner and beat keep the connections that they have, one for each thread: theirs are always full.
    """
    pools, busy = {}, []
    for kind in sorted({reading.kind for reading in running.heard}):
        share = busy_of(kind, running.heard)
        number = sum(reading.kind == kind for reading in running.heard)
        pools[kind] = {**pool_of(kind, running.heard)._asdict(), "busy": share, "processes": number}
        busy += [share or 0.0] if kind in LENDING else []
    return {"pools": pools, "pool_busy": max(busy, default=0.0)}


def _server(schemas: list[str]) -> tuple[Server | None, str]:
    login = str(connections["default"].settings_dict.get("USER") or "")
    try:
        return read_server(schemas=schemas, login=login), ""
    except ServerUnreadable as error:
        return None, str(error)


def check_site(running: Processes) -> dict[str, Any]:
    """A health check: ask ``HEALTH_CHECK_URL``, as people reach the site; without one, a web process must be heard.

    Returns:
        ``ok``, ``ms``, and in words the ``error``.
    """
    if not settings.HEALTH_CHECK_URL:
        heard = any(reading.kind == WEB for reading in running.heard)
        return {"ok": heard, "ms": None, "error": "" if heard else "no web process has told of itself for a minute"}
    began = time.perf_counter()
    error = ""
    try:
        answer = requests.get(settings.HEALTH_CHECK_URL, timeout=_CHECK_SECONDS, allow_redirects=False)
        if answer.status_code != 200:
            error = f"{settings.HEALTH_CHECK_URL} answers {answer.status_code}"
    except requests.RequestException as failure:
        error = f"{settings.HEALTH_CHECK_URL}: {type(failure).__name__}"
    return {"ok": not error, "ms": round((time.perf_counter() - began) * 1000, 1), "error": error}


def _redis_answers() -> bool:
    timeouts = {"socket_timeout": settings.REDIS_TIMEOUT, "socket_connect_timeout": settings.REDIS_TIMEOUT}
    client = redis.Redis.from_url(settings.REDIS_URL, **timeouts)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()

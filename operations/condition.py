"""How well a tenant is served, in one word and in sentences. Pure: the API, the pages and the overview say the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from operations.terms import (
    AVERAGE_DEGRADED_MS,
    BEAT_SILENT,
    DELIVERY_FAILURES,
    INBOX_SECONDS,
    POOL_DEGRADED,
    RESPONSE_MS,
)
from operations.thresholds import waited


class Status(StrEnum):
    """In one word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the judgement rests on. What is not known is None, and speaks for nothing."""

    active: int = 0
    """Connections in use, of ``maximum``."""
    maximum: int = 0
    waiting: int = 0
    """Requests that wait for a connection."""
    query_ms: float | None = None
    response_ms: float | None = None
    queue: dict[str, Any] = field(default_factory=dict)
    evaluations: dict[str, Any] = field(default_factory=dict)
    deliveries: dict[str, Any] = field(default_factory=dict)
    beat_seconds: float | None = None
    """Since beat was heard."""
    migrations_pending: int = 0


def judge(state: State) -> tuple[Status, list[str]]:
    """The worst that any finding says, and all of them in words.

    Unhealthy is what does not do its work: nobody gets a connection, or reports are stuck. Slow, or failing in part,
    is degraded. Reports that failed for good are said and degrade nothing: they wait for a person.
    """
    findings = [*_of_the_database(state), *_of_the_work(state)]
    statuses = [status for status, _ in findings]
    worst = next((one for one in (Status.UNHEALTHY, Status.DEGRADED) if one in statuses), Status.HEALTHY)
    return worst, [text for _, text in findings]


Finding = tuple[Status, str]


def _of_the_database(state: State) -> Iterator[Finding]:
    if state.maximum and state.active >= state.maximum and state.waiting:
        yield Status.UNHEALTHY, f"All {state.maximum} connections are in use and {state.waiting} requests wait for one."
    elif state.maximum and state.active / state.maximum > POOL_DEGRADED:
        yield Status.DEGRADED, f"{state.active} of {state.maximum} connections of the pool are in use."
    if state.query_ms is not None and state.query_ms > AVERAGE_DEGRADED_MS:
        yield Status.DEGRADED, f"Database queries take {state.query_ms:,.0f} ms on average."
    if state.response_ms is not None and state.response_ms > RESPONSE_MS:
        yield Status.DEGRADED, f"Answers take {state.response_ms:,.0f} ms on average."
    if state.migrations_pending:
        yield Status.DEGRADED, f"{state.migrations_pending} migrations are pending: run manage.py migrate_tenants."


def _of_the_work(state: State) -> Iterator[Finding]:
    oldest = state.queue.get("oldest", 0.0)
    if oldest > INBOX_SECONDS.warning:
        stuck = oldest > INBOX_SECONDS.critical
        yield Status.UNHEALTHY if stuck else Status.DEGRADED, f"The oldest report has waited for {waited(oldest)}."
    if failed := state.queue.get("failed"):
        yield Status.HEALTHY, f"{failed} reports could not be processed: see the inbox."
    failed, succeeded = state.evaluations.get("failed", 0), state.evaluations.get("succeeded", 0)
    if failed > succeeded:
        yield Status.DEGRADED, f"{failed} of {failed + succeeded} reports of the last hour failed."
    failed, sent = state.deliveries.get("failed", 0), state.deliveries.get("sent", 0)
    if failed and failed / (failed + sent) > DELIVERY_FAILURES.warning:
        yield Status.DEGRADED, f"{failed} of {failed + sent} alert messages of the last hour could not be delivered."
    if state.beat_seconds is not None and state.beat_seconds > BEAT_SILENT.total_seconds():
        yield Status.DEGRADED, f"Beat was last heard {waited(state.beat_seconds)} ago: nothing scheduled happens."

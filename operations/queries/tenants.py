"""The platform and all of its tenants at a glance, for operators. Read in the public schema: no tenant is entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.condition import State, Status, judge
from operations.models import TenantReading
from operations.queries.health import rate
from operations.queries.processes import WEB, Processes, pool_of, processes
from operations.queries.samples import platform_points
from operations.terms import FRESH
from operations.thresholds import Point, mean_of
from tenants.models import TEMPLATE_SCHEMA, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What operators look at first."""

    at: datetime
    status: Status
    warnings: list[str]
    figures: dict[str, Any]
    """Of the newest sample; empty where there is no fresh one."""
    points: Sequence[Point]
    processes: Processes
    tenants: list[dict[str, Any]]


def platform(*, at: datetime) -> Platform:
    """Everything, in four statements, however many tenants there are."""
    points = platform_points(at=at)
    figures = dict(points[-1].figures) if points and points[-1].at >= at - FRESH else {}
    running = processes(at=at)
    pool = pool_of(WEB, running.heard)
    state = State(
        active=pool.active,
        maximum=pool.maximum,
        waiting=pool.waiting,
        query_ms=mean_of(points, "queries"),
        response_ms=mean_of(points, "responses"),
        deliveries=figures.get("deliveries", {}),
        beat_seconds=(at - running.beat_at).total_seconds() if running.beat_at else None,
        migrations_pending=figures.get("migrations_pending", 0),
    )
    status, warnings = judge(state)
    return Platform(
        at=at,
        status=status,
        warnings=[*warnings, *_said(figures)],
        figures=figures,
        points=points,
        processes=running,
        tenants=_tenants(at=at),
    )


def _said(figures: dict[str, Any]) -> list[str]:
    """What degrades no tenant, and what operators mend all the same."""
    if not figures:
        return ["Nothing has been sampled for some minutes: beat or the workers do not run."]
    said = []
    if figures.get("unreadable"):
        said.append(f"Query times are unknown: {figures['unreadable']}")
    if not figures.get("redis"):
        said.append("Redis does not answer: reports are judged by the inbox runner.")
    if not (figures.get("check") or {}).get("ok"):
        said.append(f"The health check fails: {(figures.get('check') or {}).get('error', '')}")
    return said


def _tenants(*, at: datetime) -> list[dict[str, Any]]:
    readings = TenantReading.objects.defer("marks").in_bulk()
    tenants = Tenant.objects.exclude(schema_name__in=["public", TEMPLATE_SCHEMA]).order_by("schema_name")
    return [_row(tenant, readings.get(tenant.schema_name), at=at) for tenant in tenants]


def _row(tenant: Tenant, reading: TenantReading | None, *, at: datetime) -> dict[str, Any]:
    fresh = reading is not None and reading.at is not None and reading.at >= at - FRESH
    figures = reading.figures if reading is not None and fresh else {}
    known, queue, deliveries = (figures.get(name, {}) for name in ("health", "queue", "deliveries"))
    traffic = [Point(at, reading.traffic)] if reading is not None and fresh else []
    return {
        "tenant": tenant,
        "sampled_at": reading.at if reading else None,
        "status": Status(known["status"]) if known else None,
        "warnings": known.get("warnings", []),
        "waiting": queue.get("waiting"),
        "oldest": queue.get("oldest"),
        "failed": queue.get("failed"),
        "delivered": rate(deliveries.get("sent", 0), deliveries.get("failed", 0)),
        "queries": mean_of(traffic, "queries"),
        "answers": mean_of(traffic, "responses"),
        "bytes": figures.get("bytes"),
    }

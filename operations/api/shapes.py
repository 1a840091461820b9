"""The shape of ``GET health``."""

from typing import Any

from operations.queries.health import Health, rate
from operations.thresholds import percentiles_of


def health_shape(health: Health) -> dict[str, Any]:
    """Times in milliseconds unless the name says seconds, rates from 0 to 1, null where nothing is known."""
    figures = health.figures
    return {
        "status": health.status,
        "warnings": health.warnings,
        "checkedAt": health.at,
        "sampledAt": health.sampled_at,
        "poolMetrics": _pool(health),
        "queryMetrics": {"slowQueries": figures.get("slowest", []), **percentiles_of(health.points, "queries")},
        "averageQueryTime": _rounded(health.query_ms),
        "responseMetrics": percentiles_of(health.points, "responses"),
        "queue": _queue(figures["queue"]),
        "alertDelivery": _delivery(figures.get("deliveries", {})),
        "evaluationSuccess": _evaluations(figures.get("evaluations", {})),
        "freshness": figures.get("evaluations", {}).get("freshness", {"p50": 0.0, "p95": 0.0, "longest": 0.0}),
        "acknowledgement": _acknowledgement(figures.get("alerts", {})),
        "escalations": figures.get("alerts", {}).get("escalations", 0),
        "polling": _polling(health),
        "beat": _beat(health),
        "storageBytes": figures.get("bytes"),
        "migrationsPending": figures.get("migrations_pending", 0),
    }


def _pool(health: Health) -> dict[str, Any]:
    pool = health.pool
    return {
        "active": pool.active,
        "max": pool.maximum,
        "available": max(pool.maximum - pool.active, 0),
        "utilization": round(pool.busy, 4),
    }


def _queue(queue: dict[str, Any]) -> dict[str, Any]:
    return {
        "waiting": queue["waiting"],
        "processing": queue["processing"],
        "failed": queue["failed"],
        "oldestSeconds": round(queue["oldest"], 1),
        "messages": queue["messages"],
    }


def _delivery(deliveries: dict[str, Any]) -> dict[str, Any]:
    sent, failed = deliveries.get("sent", 0), deliveries.get("failed", 0)
    return {"sent": sent, "failed": failed, "waiting": deliveries.get("waiting", 0), "rate": rate(sent, failed)}


def _evaluations(evaluations: dict[str, Any]) -> dict[str, Any]:
    succeeded, failed = evaluations.get("succeeded", 0), evaluations.get("failed", 0)
    return {"succeeded": succeeded, "failed": failed, "rate": rate(succeeded, failed)}


def _acknowledgement(alerts: dict[str, Any]) -> dict[str, Any]:
    told, acknowledged = alerts.get("told", 0), alerts.get("acknowledged", 0)
    return {
        "alerts": told,
        "acknowledged": acknowledged,
        "rate": rate(acknowledged, told - acknowledged),
        "medianSeconds": alerts.get("median", 0.0),
    }


def _polling(health: Health) -> dict[str, Any]:
    parts = [point.figures.get("responses", {}) for point in health.points]
    polls, failed = (sum(part.get(name, 0) for part in parts) for name in ("polls", "polls_failed"))
    return {"polls": polls, "failed": failed, "rate": rate(polls - failed, failed)}


def _beat(health: Health) -> dict[str, Any]:
    heard = health.processes.beat_at
    return {
        "lastHeartbeat": heard,
        "secondsAgo": round((health.at - heard).total_seconds(), 1) if heard else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)

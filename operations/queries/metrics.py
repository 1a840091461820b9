"""What ``/metrics`` tells: stored figures of the platform and of every tenant. No tenant's schema is entered.

Labels are bounded: tenants that are served, rules of the catalogue, the field's words. Repositories, people and texts
are none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count
from django_tenants.utils import get_public_schema_name, schema_context

from operations import histogram
from operations.condition import Status
from operations.exposition import Exposition, labels
from operations.models import Episode, ResponseTally, Sample, TenantReading
from operations.queries.families import FAMILIES
from operations.queries.processes import Processes, busy_of, pool_of, processes
from operations.terms import FRESH
from tenants.models import TEMPLATE_SCHEMA, Tenant

EXPOSED = "exposed"
"""Where a reading keeps these lines."""
_STATES = [*Status]
_SEVERITIES = ("BLOCK", "OVERRIDE", "WARNING")
_TENS = [*(f"{low}-{low + 9}" for low in range(0, 100, 10)), "100"]
_LE = [*(str(bound / 1000) for bound in histogram.BOUNDS), "+Inf"]


def metrics(*, at: datetime) -> str:
    """The text. Seven statements in the public schema, however many tenants there are."""
    told = Exposition(FAMILIES)
    with schema_context(get_public_schema_name()):
        served = list(Tenant.objects.active().values_list("schema_name", flat=True))
        _platform(told, at=at)
        written = TenantReading.objects.filter(pk__in=served).values_list("schema_name", "at", f"figures__{EXPOSED}")
        readings = {schema: (moment, pieces) for schema, moment, pieces in written}
        tallies = ResponseTally.objects.in_bulk(served)
    for schema in served:
        tenant = labels(tenant=schema)
        if schema in tallies:
            _answers(told, tallies[schema], tenant)
        moment, pieces = readings.get(schema, (None, None))
        if moment is not None:
            told.add("forge_sample_age_seconds", (at - moment).total_seconds(), tenant)
            if moment >= at - FRESH:
                told.include(pieces or {})
    return told.text()


def exposed(schema: str, figures: Mapping[str, Any]) -> dict[str, str]:
    """A tenant's lines by family: written when it is sampled, so that a scrape has only to put them together."""
    told, tenant = Exposition(FAMILIES), labels(tenant=schema)
    _figures(told, figures, tenant)
    _business(told, figures, tenant)
    return told.pieces()


def _platform(told: Exposition, *, at: datetime) -> None:
    running = processes(at=at)
    _processes(told, running)
    if running.beat_at:
        told.add("forge_beat_age_seconds", (at - running.beat_at).total_seconds())
    sample = Sample.objects.order_by("-at").first()
    if sample is not None:
        told.add("forge_platform_sample_age_seconds", (at - sample.at).total_seconds())
        if sample.at >= at - FRESH:
            _server(told, sample.figures)
    tenants = Tenant.objects.exclude(schema_name__in=[get_public_schema_name(), TEMPLATE_SCHEMA]).order_by()
    for state, number in tenants.values_list("state").annotate(Count("pk")):
        told.add("forge_tenants", number, labels(state=state))
    running_levels = dict(Episode.objects.running().order_by().values_list("level").annotate(Count("pk")))
    for level in Episode.Level.values:
        told.add("forge_thresholds_passed", running_levels.get(level, 0), labels(level=level))


def _processes(told: Exposition, running: Processes) -> None:
    for kind in sorted({reading.kind for reading in running.heard}):
        named = labels(kind=kind)
        pool = pool_of(kind, running.heard)
        told.add("forge_processes", sum(reading.kind == kind for reading in running.heard), named)
        told.add("forge_pool_max", pool.maximum, named)
        told.add("forge_pool_size", pool.size, named)
        told.add("forge_pool_active", pool.active, named)
        told.add("forge_pool_waiting", pool.waiting, named)
        told.add("forge_pool_utilization_ratio", busy_of(kind, running.heard), named)


def _server(told: Exposition, figures: Mapping[str, Any]) -> None:
    for role, connections in (figures.get("connections") or {}).items():
        told.add("forge_role_connections", connections["used"], labels(role=role))
        told.add("forge_role_connections_limit", connections["limit"], labels(role=role))
    if server := figures.get("server"):
        told.add("forge_server_connections", server["used"])
        told.add("forge_server_connections_limit", server["limit"])
    check = figures.get("check") or {}
    told.add("forge_database_bytes", figures.get("bytes"))
    told.add("forge_redis_up", int(bool(figures.get("redis"))))
    told.add("forge_health_check_ok", int(bool(check.get("ok"))))
    told.add("forge_health_check_seconds", _seconds(check.get("ms")))
    public = labels(tenant=get_public_schema_name())
    told.add("forge_migrations_pending", figures.get("migrations_pending"), public)
    _queries(told, figures.get("queries"), public)
    _alerting(told, figures, public)


def _answers(told: Exposition, tally: ResponseTally, tenant: str) -> None:
    seen = 0
    for bound, count in zip(_LE, tally.buckets, strict=True):
        seen += count
        told.add("forge_http_request_duration_seconds", seen, f'{tenant},le="{bound}"', suffix="_bucket")
    told.add("forge_http_request_duration_seconds", round(tally.total_ms / 1000, 6), tenant, suffix="_sum")
    told.add("forge_http_request_duration_seconds", seen, tenant, suffix="_count")
    told.add("forge_http_errors_total", tally.errors, tenant)
    told.add("forge_http_polls_total", tally.polls, tenant)
    told.add("forge_http_polls_failed_total", tally.polls_failed, tenant)


def _figures(told: Exposition, figures: Mapping[str, Any], tenant: str) -> None:
    queue, evaluations = figures["queue"], figures["evaluations"]
    told.add("forge_health_state", _STATES.index(Status(figures["health"]["status"])), tenant)
    told.add("forge_inbox_waiting", queue["waiting"], tenant)
    told.add("forge_inbox_processing", queue["processing"], tenant)
    told.add("forge_inbox_oldest_seconds", queue["oldest"], tenant)
    told.add("forge_inbox_dead_letters", queue["failed"], tenant)
    told.add("forge_messages_waiting", queue["messages"], tenant)
    told.add("forge_evaluations_hour", evaluations["succeeded"], f'{tenant},outcome="succeeded"')
    told.add("forge_evaluations_hour", evaluations["failed"], f'{tenant},outcome="failed"')
    for name, quantile in (("p50", "0.5"), ("p95", "0.95"), ("longest", "1")):
        told.add("forge_freshness_seconds", evaluations["freshness"][name], f'{tenant},quantile="{quantile}"')
    told.add("forge_migrations_pending", figures.get("migrations_pending"), tenant)
    told.add("forge_storage_bytes", figures.get("bytes"), tenant)
    told.add("forge_repositories_silent", len(figures.get("silent", {})), tenant)
    _queries(told, figures.get("queries"), tenant)
    _alerting(told, figures, tenant)


def _queries(told: Exposition, queries: Mapping[str, Any] | None, tenant: str) -> None:
    if queries is None:
        return
    for share in (0.5, 0.95, 0.99):
        value = histogram.percentile(queries["buckets"], share)
        told.add("forge_query_seconds", _seconds(value), f'{tenant},quantile="{share}"')
    mean = queries["total_ms"] / queries["calls"] if queries["calls"] else 0.0
    told.add("forge_query_mean_seconds", _seconds(mean), tenant)
    told.add("forge_queries_minute", queries["calls"], tenant)


def _alerting(told: Exposition, figures: Mapping[str, Any], tenant: str) -> None:
    deliveries, alerts = figures["deliveries"], figures["alerts"]
    told.add("forge_deliveries_hour", deliveries["sent"], f'{tenant},outcome="sent"')
    told.add("forge_deliveries_hour", deliveries["failed"], f'{tenant},outcome="failed"')
    told.add("forge_deliveries_waiting", deliveries["waiting"], tenant)
    told.add("forge_alerts_open", alerts["open"], tenant)
    told.add("forge_alerts_tier1_day", alerts["told"], f'{tenant},state="told"')
    told.add("forge_alerts_tier1_day", alerts["acknowledged"], f'{tenant},state="acknowledged"')
    told.add("forge_acknowledgement_seconds", alerts["median"] if alerts["acknowledged"] else None, tenant)
    told.add("forge_escalations_day", alerts["escalations"], tenant)


def _business(told: Exposition, figures: Mapping[str, Any], tenant: str) -> None:
    for rule, known in figures.get("rules", {}).items():
        named = f"{tenant},{labels(rule=rule)}"
        for severity, live in zip(_SEVERITIES, known["live"], strict=True):
            told.add("forge_violations_live", live, f'{named},severity="{severity}"')
        if known["checks"]:
            told.add("forge_rule_checks_day", known["checks"], named)
            told.add("forge_rule_compliance_ratio", round(known["passed"] / known["checks"], 4), named)
    if resolution := figures.get("resolution"):
        told.add("forge_violations_fixed_week", resolution["fixed"], tenant)
        for name in ("mean", "p90") if resolution["fixed"] else ():
            told.add("forge_resolution_hours", resolution[f"{name}_hours"], f'{tenant},stat="{name}"')
    if pulls := figures.get("pulls"):
        told.add("forge_pulls_seen", pulls["seen"], tenant)
        told.add("forge_pulls_evaluated", pulls["judged"], tenant)
        for verdict, number in pulls["verdicts"].items():
            told.add("forge_pulls_open", number, f'{tenant},verdict="{verdict}"')
        for span, number in zip(_TENS, pulls["scores"], strict=True):
            told.add("forge_pulls_by_score", number, f'{tenant},score="{span}"')


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 6)

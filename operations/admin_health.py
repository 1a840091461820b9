"""Pages of health: a tenant's own, and the operators' over the platform and all tenants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from core.admin import ReadOnlyAdmin
from core.admin_cells import NONE
from core.admin_sites import public_site
from operations.condition import Status
from operations.models import Episode, Sample, TenantReading
from operations.queries.course import hours
from operations.queries.health import Health, health, rate
from operations.queries.tenants import Platform, platform
from operations.thresholds import percentiles_of, waited

STATUSES = {Status.HEALTHY: "success", Status.DEGRADED: "warning", Status.UNHEALTHY: "danger"}
LEVELS = {Episode.Level.WARNING: "warning", Episode.Level.CRITICAL: "danger"}
_EPISODES = 20


class HealthPage(ReadOnlyAdmin):
    """One page in place of a list of samples."""

    page_template = ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page, for who may see it. Nothing is done on it."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": str(self.opts.verbose_name_plural).capitalize(),
            "opts": self.opts,
            "episodes": _episodes(),
            **self.figures(),
        }
        return TemplateResponse(request, self.page_template, context)

    def figures(self) -> dict[str, Any]:
        """What the page shows."""
        raise NotImplementedError


@admin.register(Sample)
class SampleAdmin(HealthPage):
    """How well the tenant is served."""

    page_template = "console/health.html"
    readonly_fields = ["at", "figures"]

    def figures(self) -> dict[str, Any]:
        """The same as ``GET health``, and the last day."""
        at = timezone.now()
        now = health(at=at)
        return {
            "health": now,
            "state": label(now.status),
            "numbers": _numbers(now),
            "slowest": now.figures.get("slowest", []),
            "hours": _course(at),
            "silent": now.figures.get("silent", {}),
        }


@admin.register(TenantReading, site=public_site)
class TenantReadingAdmin(HealthPage):
    """The platform, and every tenant in a line."""

    page_template = "console/health_of_all.html"
    readonly_fields = ["schema_name", "at", "figures", "traffic_at", "traffic"]
    exclude = ["marks"]

    def figures(self) -> dict[str, Any]:
        """The newest samples of all."""
        at = timezone.now()
        found = platform(at=at)
        return {
            "platform": found,
            "state": label(found.status),
            "numbers": _platform_numbers(found),
            "rows": [_shown(row) for row in found.tenants],
            "hours": _course(at),
        }


def label(status: Status) -> dict[str, str]:
    """A status as ``console/label.html`` shows it."""
    return {"text": status.value.capitalize(), "variant": STATUSES[status]}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A tenant's line, in words."""
    texts = {name: NONE if row[name] is None else _ms(row[name]) for name in ("queries", "answers")}
    return {
        **row,
        **texts,
        "state": label(row["status"]) if row["status"] else None,
        "delivered": NONE if row["delivered"] is None else f"{row['delivered']:.1%}",
        "bytes": _bytes(row["bytes"]),
    }


def _course(at: datetime) -> list[dict[str, Any]]:
    """The last day, with shares as people read them."""
    return [{**row, "pool": None if row["pool"] is None else f"{row['pool']:.0%}"} for row in hours(at=at)]


def _episodes() -> list[dict[str, Any]]:
    """What ran or runs in the current schema, the newest first."""
    return [
        {"episode": one, "level": {"text": one.get_level_display(), "variant": LEVELS[Episode.Level(one.level)]}}
        for one in Episode.objects.order_by("-pk")[:_EPISODES]
    ]


def _numbers(now: Health) -> list[dict[str, str]]:
    queue, figures = now.figures["queue"], now.figures
    queries, answers = percentiles_of(now.points, "queries"), percentiles_of(now.points, "responses")
    alerts = figures.get("alerts", {})
    return [
        _number("Connections in use", f"{now.pool.active} of {now.pool.maximum}", f"{now.pool.busy:.0%}"),
        _number("Queries, p95", _ms(queries["p95"]), f"p50 {_ms(queries['p50'])}, p99 {_ms(queries['p99'])}"),
        _number("Answers, p95", _ms(answers["p95"]), f"p50 {_ms(answers['p50'])}, p99 {_ms(answers['p99'])}"),
        _number("Reports waiting", f"{queue['waiting']:,}", f"the oldest for {waited(queue['oldest'])}"),
        _number("Reports given up", f"{queue['failed']:,}", ""),
        _number("Reports judged", *_rate(figures.get("evaluations", {}), "succeeded", "in the last hour")),
        _number("Alerts delivered", *_rate(figures.get("deliveries", {}), "sent", "in the last hour")),
        _number("Tier 1 taken", _share(alerts.get("acknowledged", 0), alerts.get("told", 0)), "in the last day"),
        _number("Escalations", f"{alerts.get('escalations', 0):,}", "in the last day"),
        _number("Storage", _bytes(figures.get("bytes")), ""),
        _number("Beat", _ago(now), ""),
    ]


def _platform_numbers(found: Platform) -> list[dict[str, str]]:
    figures = found.figures
    queries, answers = percentiles_of(found.points, "queries"), percentiles_of(found.points, "responses")
    pools = [
        _number(f"Pool, {kind}", f"{pool['active']} of {pool['maximum']}", f"{pool['processes']} processes")
        for kind, pool in (figures.get("pools") or {}).items()
    ]
    check = figures.get("check") or {}
    return [
        *pools,
        *(
            _number(f"Connections of {role}", *_connections(known))
            for role, known in (figures.get("connections") or {}).items()
        ),
        _number("Connections, server", *_connections(figures.get("server"))),
        _number("Queries, p95", _ms(queries["p95"]), f"p50 {_ms(queries['p50'])}, p99 {_ms(queries['p99'])}"),
        _number("Answers, p95", _ms(answers["p95"]), f"p50 {_ms(answers['p50'])}, p99 {_ms(answers['p99'])}"),
        _number("Health check", "Answers" if check.get("ok") else "Fails", check.get("error") or ""),
        _number("Redis", "Answers" if figures.get("redis") else "Does not answer", ""),
        _number("Database", _bytes(figures.get("bytes")), ""),
    ]


def _number(title: str, value: str, under: str) -> dict[str, str]:
    return {"title": title, "value": value, "under": under}


def _rate(figures: Mapping[str, Any], good: str, when: str) -> tuple[str, str]:
    succeeded, failed = figures.get(good, 0), figures.get("failed", 0)
    share = rate(succeeded, failed)
    return ("none", when) if share is None else (f"{share:.1%}", f"{succeeded:,} of {succeeded + failed:,} {when}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"


def _connections(figures: Mapping[str, Any] | None) -> tuple[str, str]:
    if figures is None:
        return NONE, "unknown without MONITOR_DATABASE_URL"
    limit = figures["limit"]
    return f"{figures['used']} of {limit}" if limit is not None else f"{figures['used']}", "" if limit else "no limit"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _bytes(size: int | None) -> str:
    if size is None:
        return NONE
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def _ago(now: Health) -> str:
    heard = now.processes.beat_at
    return f"{waited((now.at - heard).total_seconds())} ago" if heard else "never heard"

"""Taking samples: of the platform first, which knows the server's figures of all tenants, then in each tenant."""

from datetime import datetime, timedelta
from typing import Any

from django_tenants.utils import get_public_schema_name, schema_context

from operations.condition import judge
from operations.models import Episode, ProcessReading, Sample, TenantReading
from operations.queries.figures import quick_figures, slow_figures
from operations.queries.health import state_of
from operations.queries.metrics import EXPOSED, exposed
from operations.queries.migrations import pending_migrations
from operations.queries.processes import WEB, Processes, busy_of, pool_of, processes
from operations.terms import EPISODES_KEPT, FRESH, KEPT, WINDOW
from operations.thresholds import Point
from tenants.current import connection

SLOW_EVERY = timedelta(minutes=5)
"""Between two looks at what does not change by the minute."""
LARGE = ("rules", "pulls", "resolution")
"""Figures that are kept of the newest moment alone."""
_FORGOTTEN = timedelta(hours=1)
"""After which a process that has gone is no longer remembered."""


def minute_of(at: datetime) -> datetime:
    """What a sample is filed under: one a minute, however many workers take it."""
    return at.replace(second=0, microsecond=0)


def keep_sample(figures: dict[str, Any], *, at: datetime) -> bool:
    """Store the current schema's figures of this minute; False where somebody else was faster."""
    kept = {name: value for name, value in figures.items() if name not in LARGE}
    sample = Sample(at=minute_of(at), figures=kept)
    Sample.objects.bulk_create([sample], ignore_conflicts=True)
    return Sample.objects.filter(pk=sample.pk).exists()


def sample_tenant(*, at: datetime) -> dict[str, Any]:
    """Take the current tenant's figures, keep them, and tell the platform of them."""
    schema = str(connection.schema_name)
    with schema_context(get_public_schema_name()):
        reading = TenantReading.objects.filter(pk=schema).first() or TenantReading(schema_name=schema)
    figures = _figures(reading, at=at)
    if keep_sample(figures, at=at):
        with schema_context(get_public_schema_name()):
            told = {**figures, EXPOSED: exposed(schema, figures)}
            TenantReading.objects.update_or_create(pk=schema, defaults={"at": at, "figures": told})
    return figures


def prune(*, at: datetime) -> None:
    """Remove what the current schema keeps no longer. A minute's worth at a time, or what an outage has left over."""
    Sample.objects.filter(at__lt=at - KEPT).delete()
    Episode.objects.filter(ended_at__lt=at - EPISODES_KEPT).delete()
    if connection.schema_name == get_public_schema_name():
        ProcessReading.objects.filter(at__lt=at - _FORGOTTEN).delete()


def _figures(reading: TenantReading, *, at: datetime) -> dict[str, Any]:
    traffic = reading.traffic if reading.traffic_at and reading.traffic_at >= at - FRESH else {}
    running = processes(at=at)
    figures = {
        **quick_figures(at=at),
        "pool_busy": busy_of(WEB, running.heard),
        **_slow(reading, at=at),
        **traffic,
        "migrations_pending": pending_migrations(),
    }
    return {**figures, "health": _health(figures, running, at=at)}


def _slow(reading: TenantReading, *, at: datetime) -> dict[str, Any]:
    known: dict[str, Any] = reading.figures.get("looked", {})
    if known and at - datetime.fromisoformat(known["at"]) < SLOW_EVERY:
        return {**{name: reading.figures[name] for name in known["names"]}, "looked": known}
    figures = slow_figures(at=at)
    return {**figures, "looked": {"at": minute_of(at).isoformat(), "names": list(figures)}}


def _health(figures: dict[str, Any], running: Processes, *, at: datetime) -> dict[str, Any]:
    samples = Sample.objects.between(at - WINDOW, at)
    points = [*(Point(one.at, one.figures) for one in samples), Point(at, figures)]
    status, warnings = judge(state_of(figures, points, pool=pool_of(WEB, running.heard), running=running, at=at))
    return {"status": status, "warnings": warnings}

"""How well the current tenant is served: for ``GET health``, its page, and the overview's strip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from operations.condition import State, Status, judge
from operations.models import Sample
from operations.pools import Pool
from operations.queries.figures import queue, quick_figures
from operations.queries.processes import Processes, processes, web_pool
from operations.terms import FRESH, WINDOW
from operations.thresholds import Point, mean_of


class Summary(NamedTuple):
    """A line for a page that shows much else."""

    status: Status | None
    """None: nothing fresh is known."""
    warnings: list[str]
    at: datetime | None
    """As of when."""
    waiting: int
    """Reports in the inbox."""
    delivered: float | None
    """Share of the last hour's alert messages that arrived, 0 to 1; None where there were none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All that ``GET health`` tells."""

    at: datetime
    status: Status
    warnings: list[str]
    pool: Pool
    processes: Processes
    figures: dict[str, Any]
    """Of the newest sample; of this moment where there is no fresh one."""
    sampled_at: datetime | None
    points: Sequence[Point]
    """The samples of the last minutes, oldest first."""

    @property
    def query_ms(self) -> float | None:
        """Mean query time of the last minutes."""
        return mean_of(self.points, "queries")


def summary(*, at: datetime) -> Summary:
    """What an overview shows of the system's health: one statement, of one row, whatever the tenant holds."""
    sample = Sample.objects.order_by("-at").first()
    if sample is None or sample.at < at - FRESH:
        return Summary(None, [], sample.at if sample else None, 0, None)
    figures = sample.figures
    known, deliveries = figures.get("health", {}), figures.get("deliveries", {})
    return Summary(
        Status(known["status"]) if known else None,
        known.get("warnings", []),
        sample.at,
        figures.get("queue", {}).get("waiting", 0),
        rate(deliveries.get("sent", 0), deliveries.get("failed", 0)),
    )


def health(*, at: datetime) -> Health:
    """Everything. About six small statements where beat samples, a dozen where it does not; none counts violations."""
    samples = list(Sample.objects.between(at - WINDOW, at))
    fresh = bool(samples) and samples[-1].at >= at - FRESH
    # What people look at when they have just reported is of this moment.
    figures = {**samples[-1].figures, "queue": queue(at=at)} if fresh else quick_figures(at=at)
    points = [Point(sample.at, sample.figures) for sample in samples]
    running = processes(at=at)
    pool = web_pool(running.heard)
    status, warnings = judge(state_of(figures, points, pool=pool, running=running, at=at))
    return Health(
        at=at,
        status=status,
        warnings=warnings,
        pool=pool,
        processes=running,
        figures=figures,
        sampled_at=samples[-1].at if samples else None,
        points=points,
    )


def state_of(
    figures: dict[str, Any], points: Sequence[Point], *, pool: Pool, running: Processes, at: datetime
) -> State:
    """What a judgement rests on."""
    return State(
        active=pool.active,
        maximum=pool.maximum,
        waiting=pool.waiting,
        query_ms=mean_of(points, "queries"),
        response_ms=mean_of(points, "responses"),
        queue=figures.get("queue", {}),
        evaluations=figures.get("evaluations", {}),
        deliveries=figures.get("deliveries", {}),
        beat_seconds=(at - running.beat_at).total_seconds() if running.beat_at else None,
        migrations_pending=figures.get("migrations_pending", 0),
    )


def rate(succeeded: int, failed: int) -> float | None:
    """The share that succeeded, 0 to 1; None where nothing was tried."""
    tried = succeeded + failed
    return round(succeeded / tried, 4) if tried else None

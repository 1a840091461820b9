"""Which thresholds the figures pass. Pure: samples and a time go in, findings come out.

A finding is the breach, or None for "not passed"; a key that does not appear could not be judged, because nothing
fresh is known, and what is known of it stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from operations import histogram
from operations.models.episodes import Episode
from operations.terms import (
    DELIVERY_FAILURES,
    FAILED_CHECKS,
    FRESH,
    INBOX_SECONDS,
    POOL,
    POOL_SECONDS,
    QUERY_MS,
    RESPONSE_MS,
    WINDOW,
    Limits,
)

WARNING, CRITICAL = Episode.Level.WARNING, Episode.Level.CRITICAL
SILENT = "silent:"
"""What the keys of silent repositories begin with."""
_JITTER = timedelta(seconds=15)
"""Beat is not on the dot: samples that should span five minutes may span a little less."""
_GAP = timedelta(minutes=2, seconds=30)
"""Samples further apart than this prove nothing about the time between them."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A threshold that is passed."""

    level: Episode.Level
    title: str
    """One line that stands by itself."""
    repository: str = ""
    """Of which it speaks, where it speaks of one."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of one moment."""

    at: datetime
    figures: Mapping[str, Any]


Findings = dict[str, Breach | None]


def judge_platform(samples: Sequence[Point], *, at: datetime) -> Findings:
    """What of the platform passes a threshold, by its samples of the last minutes, the oldest first."""
    if not samples or samples[-1].at < at - FRESH:
        return {}
    recent = [sample for sample in samples if sample.at > at - WINDOW]
    return {
        "pool": _pool(samples, at=at),
        "queries": _slow(mean_of(recent, "queries"), QUERY_MS, "Database queries take {} ms on average"),
        "responses": _slow(
            mean_of(recent, "responses"), Limits(RESPONSE_MS, float("inf")), "Answers take {} ms on average"
        ),
        "checks": _checks(samples),
    }


def judge_tenant(figures: Mapping[str, Any], *, running: Iterable[str] = ()) -> Findings:
    """What of one tenant passes a threshold, by its newest sample.

    Args:
        running: keys of what passed before: repositories are not silent for ever.
    """
    queue, deliveries = figures.get("queue"), figures.get("deliveries")
    findings: Findings = {}
    if queue is not None:
        findings["inbox"] = _inbox(queue.get("oldest") or 0.0)
    if deliveries is not None:
        findings["deliveries"] = _deliveries(deliveries["failed"], deliveries["sent"])
    if "silent" in figures:
        findings |= {key: None for key in running if key.startswith(SILENT)}
        findings |= {f"{SILENT}{name}": _silent(name, days) for name, days in figures["silent"].items()}
    return findings


def mean_of(samples: Iterable[Point], name: str) -> float | None:
    """Mean milliseconds of queries or answers over these samples; None where there were none of them."""
    parts = [sample.figures[name] for sample in samples if sample.figures.get(name)]
    calls = sum(part["calls"] for part in parts)
    return sum(part["total_ms"] for part in parts) / calls if calls else None


def percentiles_of(samples: Iterable[Point], name: str) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds of queries or answers over these samples."""
    buckets = histogram.added(sample.figures[name]["buckets"] for sample in samples if sample.figures.get(name))
    return {f"p{share}": histogram.percentile(buckets, share / 100) for share in (50, 95, 99)}


def held(points: Sequence[tuple[datetime, float]], *, above: float, seconds: float, at: datetime) -> bool:
    """Whether a figure has been above a limit for so long, up to now, in every sample of an unbroken row."""
    began = latest = None
    for moment, value in reversed(points):
        if value <= above or (began or at) - moment > _GAP:
            break
        began, latest = moment, latest or moment
    return began is not None and latest is not None and latest - began >= timedelta(seconds=seconds) - _JITTER


def _pool(samples: Sequence[Point], *, at: datetime) -> Breach | None:
    points = [(sample.at, sample.figures.get("pool_busy") or 0.0) for sample in samples]
    for level, limit, seconds in zip((CRITICAL, WARNING), reversed(POOL), reversed(POOL_SECONDS), strict=True):
        if held(points, above=limit, seconds=seconds, at=at):
            return Breach(level, f"The connection pool is {points[-1][1]:.0%} in use")
    return None


def _slow(mean: float | None, limits: Limits, title: str) -> Breach | None:
    level = _level(mean or 0.0, limits)
    return Breach(level, title.format(f"{mean:,.0f}")) if level else None


def _checks(samples: Sequence[Point]) -> Breach | None:
    last = [sample.figures["check"] for sample in samples if sample.figures.get("check")][-FAILED_CHECKS:]
    if len(last) < FAILED_CHECKS or any(check["ok"] for check in last):
        return None
    return Breach(CRITICAL, f"{FAILED_CHECKS} health checks in a row have failed: {last[-1].get('error', '')}")


def _inbox(oldest: float) -> Breach | None:
    level = _level(oldest, INBOX_SECONDS)
    return Breach(level, f"A report has waited in the inbox for {waited(oldest)}") if level else None


def waited(seconds: float) -> str:
    """A span of time in words."""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _silent(repository: str, days: int) -> Breach:
    return Breach(WARNING, f"{repository} has sent no report for {days} days", repository)


def _deliveries(failed: int, sent: int) -> Breach | None:
    share = failed / (failed + sent) if failed else 0.0
    level = _level(share, DELIVERY_FAILURES)
    return Breach(level, f"{share:.0%} of the alert messages of the last hour failed ({failed})") if level else None


def _level(value: float, limits: Limits) -> Episode.Level | None:
    if value > limits.critical:
        return CRITICAL
    return WARNING if value > limits.warning else None

"""What the processes have told of themselves. Read in the public schema, from wherever one is."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django_tenants.utils import get_public_schema_name, schema_context

from operations.models import ProcessReading
from operations.pools import Pool, own_pool
from operations.telling import process_name
from operations.terms import HEARD

WEB, BEAT = "web", "beat"
LENDING = (WEB, "ingest", "worker")
"""Kinds whose work takes a connection and gives it back."""


class Processes(NamedTuple):
    """The running processes."""

    heard: list[ProcessReading]
    """Within the last minute."""
    beat_at: datetime | None
    """When beat was last heard; None: never, or too long ago for anybody to remember."""


def processes(*, at: datetime) -> Processes:
    """Who runs, and when beat was last heard. One statement."""
    with schema_context(get_public_schema_name()):
        readings = list(ProcessReading.objects.all())
    beats = [reading.at for reading in readings if reading.kind == BEAT]
    return Processes([one for one in readings if one.at >= at - HEARD], max(beats, default=None))


def pool_of(kind: str, readings: Iterable[ProcessReading]) -> Pool:
    """The pools of all processes of a kind, in one."""
    mine = [reading for reading in readings if reading.kind == kind]
    return Pool(
        sum(reading.pool_max for reading in mine),
        sum(reading.pool_size for reading in mine),
        sum(reading.pool_active for reading in mine),
        sum(reading.pool_waiting for reading in mine),
    )


def web_pool(readings: Iterable[ProcessReading]) -> Pool:
    """The pools of the web processes: this one's as it is now, the others' as they last told."""
    others = pool_of(WEB, (reading for reading in readings if reading.name != process_name()))
    return Pool(*(mine + theirs for mine, theirs in zip(own_pool(), others, strict=True)))


def busy_of(kind: str, readings: Iterable[ProcessReading]) -> float | None:
    """The share of a kind's pools that was in use of late, 0 to 1; None where there is no pool."""
    mine = [reading for reading in readings if reading.kind == kind]
    allowed = sum(reading.pool_max for reading in mine)
    return sum(reading.pool_busy * reading.pool_max for reading in mine) / allowed if allowed else None

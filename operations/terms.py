"""At which figures the console is no longer well: one place for the API, the pages, the alerts and the docs."""

from datetime import timedelta
from typing import NamedTuple


class Limits(NamedTuple):
    """Above which a figure is a warning, and critical."""

    warning: float
    critical: float


POOL_DEGRADED = 0.80
"""Share of a pool above which health is degraded at once; alerts wait longer, see ``POOL``."""
AVERAGE_DEGRADED_MS = 1000.0
"""Mean query time above which health is degraded."""

POOL = Limits(0.70, 0.90)
POOL_SECONDS = Limits(300.0, 60.0)
"""For how long."""
QUERY_MS = Limits(500.0, 1000.0)
DELIVERY_FAILURES = Limits(0.05, 0.20)
RESPONSE_MS = 1000.0
FAILED_CHECKS = 3
"""Health checks that fail in a row."""
INBOX_SECONDS = Limits(60.0, 300.0)
SILENT_AFTER = timedelta(days=7)
"""Without a report of a repository."""

WINDOW = timedelta(minutes=5)
"""Over which times of queries and answers are told."""
FRESH = timedelta(minutes=3)
"""How old a sample may be before it says nothing about now."""
HEARD = timedelta(seconds=60)
"""How long a process counts as running after it told last."""
BEAT_SILENT = timedelta(minutes=3)
"""After which beat is missed."""
KEPT = timedelta(days=1)
"""How long samples are kept: 1,440 rows a schema."""
EPISODES_KEPT = timedelta(days=90)

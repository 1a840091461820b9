"""How long a tenant keeps what it no longer needs every day. Pure: limits, and the moments that they come to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MIN_VIOLATION_DAYS = 7
"""What is shorter would take a violation away before a long weekend's pull request is back."""
MIN_TREND_DAYS = 30
LONGEST_KEPT_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Horizons:
    """What came to its end before these moments may go. Live violations and the audit log never do."""

    violations: datetime
    """Resolved violations, and evaluations with their checks; days before it cannot be counted anew from them."""
    trends: datetime
    alerts: datetime
    payloads: datetime


def horizons(*, at: datetime, violations: int, trends: int, alerts: int, payloads: int) -> Horizons:
    """The moments that so many days before ``at`` come to."""
    days = {"violations": violations, "trends": trends, "alerts": alerts, "payloads": payloads}
    return Horizons(**{name: at - timedelta(days=number) for name, number in days.items()})

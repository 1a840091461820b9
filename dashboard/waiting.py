"""What waits for people, in one statement: it is asked at every poll of the overview."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Value

from alerts.models import Alert
from compliance.models import Submission
from core.claims import Claimable
from overrides.models import OverrideRequest

ENDING_DAYS = 7


class Waiting(NamedTuple):
    """How many of each there are."""

    requests: int = 0
    """Overrides that nobody has decided."""
    ending: int = 0
    """Overrides that end within ``ENDING_DAYS``."""
    alerts: int = 0
    """Alerts that nobody has acknowledged."""
    reports: int = 0
    """Reports in the inbox."""
    failed: int = 0
    """Reports that could not be judged."""


def waiting(*, at: datetime) -> Waiting:
    """All of it, by indexes of what is unfinished."""
    counted: dict[str, QuerySet[Any]] = {
        "requests": OverrideRequest.objects.pending(),
        "ending": OverrideRequest.objects.ending(at, within=timedelta(days=ENDING_DAYS)),
        "alerts": Alert.objects.unacknowledged(),
        "reports": Submission.objects.waiting(),
        "failed": Submission.objects.filter(status=Claimable.Status.FAILED),
    }
    first, *others = [_number(name, rows) for name, rows in counted.items()]
    return Waiting(**dict(first.union(*others, all=True)))


def _number(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    counted = rows.order_by().annotate(counted=Value(name)).values("counted").annotate(n=Count("pk"))
    numbers: QuerySet[Any, Any] = counted.values_list("counted", "n")
    return numbers

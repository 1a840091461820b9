"""What happens by time alone, in the current schema."""

from datetime import datetime

from alerts.models import Alert
from alerts.services.digesting import send_due_digests
from alerts.services.escalating import OVERDUE, escalate_due


def look_at_the_clock(*, at: datetime) -> None:
    """Take the escalations and send the digests that are due. Beat does it every minute; twice is once."""
    escalate_due(at=at)
    send_due_digests(at=at)


def take_overdue(*, at: datetime) -> bool:
    """The watchdog: where beat has slept, do what it should have done. True where there was something."""
    if not Alert.objects.step_due(at - OVERDUE).exists():
        return False
    look_at_the_clock(at=at)
    return True

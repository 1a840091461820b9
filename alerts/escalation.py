"""The escalation of an alert that nobody acknowledges. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict


class Step(NamedTuple):
    """After ``delay`` without an acknowledgement, tell ``channels``. The delay counts from the step before."""

    delay: timedelta
    channels: tuple[str, ...]


def due_at(chain: Sequence[Step], taken: int, *, since: datetime) -> datetime | None:
    """When the next step is due; None after the last.

    Args:
        taken: how many steps were taken.
        since: when the last one was, or the first message where there was none.
    """
    return since + chain[taken].delay if taken < len(chain) else None


class FrozenStep(TypedDict):
    """A step as an alert keeps it."""

    delay: float
    """Seconds."""
    channels: list[str]


def frozen(chain: Sequence[Step]) -> list[FrozenStep]:
    """The chain as an alert keeps it: later edits of the policy do not move what is under way."""
    return [FrozenStep(delay=step.delay.total_seconds(), channels=list(step.channels)) for step in chain]


def thawed(stored: Sequence[FrozenStep]) -> list[Step]:
    """The same, read again."""
    return [Step(timedelta(seconds=entry["delay"]), tuple(entry["channels"])) for entry in stored]

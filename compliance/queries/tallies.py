"""Sums over rule states: how many violations live and are open, and the colour that this makes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import Max, Sum

from compliance.choices import Colour
from compliance.score import Counts

_NONE = Counts()

SUMS: dict[str, Any] = {
    **{f"sum_{kind}": Sum(f"{kind}_count") for kind in ("block", "override", "warning")},
    **{f"sum_open_{kind}": Sum(f"open_{kind}_count") for kind in ("block", "override", "warning")},
    "checked": Max("judged_at"),
}
"""Annotations for a grouped query over rule states; ``Tally.of`` reads its rows."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a rule stands over some pull requests."""

    counts: Counts = _NONE
    """Live violations, covered ones included."""
    open_counts: Counts = _NONE
    """Live violations that no override covers."""
    last_checked: datetime | None = None
    """None: it was never evaluated."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row that has the annotations ``SUMS``."""
        return cls(
            Counts(row["sum_block"], row["sum_override"], row["sum_warning"]),
            Counts(row["sum_open_block"], row["sum_open_override"], row["sum_open_warning"]),
            row["checked"],
        )

    def with_those_of(self, other: "Tally") -> "Tally":
        """Both together."""
        checked = [at for at in (self.last_checked, other.last_checked) if at]
        return Tally(
            self.counts + other.counts, self.open_counts + other.open_counts, max(checked) if checked else None
        )

    @property
    def colour(self) -> Colour:
        """Grey never evaluated, red a BLOCK violation without cover, yellow any other, green none."""
        if self.last_checked is None:
            return Colour.GREY
        if self.open_counts.block:
            return Colour.RED
        return Colour.YELLOW if any(self.counts) else Colour.GREEN

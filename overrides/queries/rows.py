"""The violations that a request is about, as they stand now beside what was asked, and the fence around them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from compliance.models import Violation
from overrides.models import OverriddenViolation, OverrideRequest


@dataclass(frozen=True, slots=True)
class Row:
    """One violation of a request."""

    item: OverriddenViolation
    violation: Violation | None
    """As it stands now; None where retention has removed it."""

    @property
    def live(self) -> bool:
        """It still counts, covered or not."""
        return self.violation is not None and self.violation.resolved_at is None

    @property
    def severity(self) -> str:
        """How grave it is now; what it was where it is gone."""
        return self.violation.severity if self.violation else self.item.asked_severity

    @property
    def as_asked(self) -> bool:
        """It is still there, and as grave as when it was asked for."""
        return self.live and self.severity == self.item.asked_severity


def rows_of(request: OverrideRequest) -> list[Row]:
    """All violations of a request, in the order of their age. Two queries."""
    items = list(request.items.order_by("violation"))
    known = Violation.objects.select_related("rule").in_bulk([item.violation_id for item in items])
    return [Row(item, known.get(item.violation_id)) for item in items]


def fence(rows: Sequence[Row]) -> str:
    """What tells one state of these violations from another: which are live, and how grave.

    Whoever approves hands in the fence of what they saw. Rule, source, package, file and message need not be in it:
    they are the violation's fingerprint, and what has another is another violation.
    """
    states = sorted((row.item.violation_id.hex, row.severity, row.live) for row in rows)
    return hashlib.sha256(repr(states).encode()).hexdigest()[:32]


def earlier(request: OverrideRequest, *, limit: int) -> list[OverrideRequest]:
    """Other requests about the same rule and file as any of this one's violations, the newest first."""
    pairs = set(request.items.values_list("rule", "file_path"))
    rules = {rule for rule, _ in pairs}
    alike = OverriddenViolation.objects.filter(rule__in=rules).exclude(request=request)
    keys: list[UUID] = []
    for key, rule, path in alike.order_by("-request_id").values_list("request_id", "rule", "file_path").iterator():
        if (rule, path) in pairs and key not in keys:
            keys.append(key)
        if len(keys) == limit:
            break
    found = OverrideRequest.objects.select_related("pull_request__repository").in_bulk(keys)
    return [found[key] for key in keys]

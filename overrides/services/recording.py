"""What the audit log is told of a request: the last statement of the transaction that changes it."""

from datetime import datetime
from typing import Any

from accounts.models import User
from audit.services import record_entry
from overrides.models import OverrideRequest

_NAMED = 100
"""So many violations are named one by one; the number of all stands beside them."""


def record(
    request: OverrideRequest, deed: str, *, by: User | None, at: datetime, before: str = "", note: str = ""
) -> None:
    """Add what was done to the audit log.

    Args:
        deed: ``requested``, ``approved`` …
        by: None: its time was over.
        before: the status until now; empty for a new request.
    """
    record_entry(
        action=f"override.{deed}",
        resource=request,
        by=by,
        at=at,
        before={"status": before} if before else None,
        after=_facts(request),
        note=note,
    )


def _facts(request: OverrideRequest) -> dict[str, Any]:
    items = request.items.order_by("id")
    return {
        "status": str(request.status),
        "kind": str(request.kind),
        "requested_by": request.requested_by_label,
        "expires_at": request.expires_at,
        "violation_count": items.count(),
        "violations": [
            f"{item.violation_id} {item.rule} {item.approved_severity or item.asked_severity}"
            for item in items[:_NAMED]
        ],
    }

"""From a request to what is answered, as ``overrides.api.bodies`` describes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from overrides.models import OverrideRequest
from overrides.queries.outlook import outlook
from overrides.queries.requests import About, about
from overrides.queries.rows import Row, fence, rows_of

Shape = dict[str, Any]
_SAME = ("kind", "requested_at", "reason", "expires_at", "decided_at", "ended_at")
_MAYBE_NONE = ("evidence_url", "rejection_reason", "note", "revocation_reason")


def override_shapes(requests: Sequence[OverrideRequest], asked: Request, *, at: datetime) -> list[Shape]:
    """Requests as lists show them."""
    known = about(requests)
    return [_shape(request, known[request.pk], asked, at) for request in requests]


def override_shape(request: OverrideRequest, asked: Request, *, at: datetime) -> Shape:
    """One of them."""
    return override_shapes([request], asked, at=at)[0]


def override_detail_shape(request: OverrideRequest, asked: Request, *, at: datetime) -> Shape:
    """One with its violations, and with what would follow."""
    rows = rows_of(request)
    ahead = outlook(request, rows, at=at)
    return {
        **override_shape(request, asked, at=at),
        "violations": [_row_shape(row) for row in rows],
        "seen": fence(rows),
        "verdict": ahead.now.verdict.value,
        "verdict_after": ahead.after.value if ahead.after else None,
    }


def _shape(request: OverrideRequest, known: About, asked: Request, at: datetime) -> Shape:
    pull = request.pull_request
    return {
        "id": request.pk,
        **{name: getattr(request, name) for name in _SAME},
        **{name: getattr(request, name) or None for name in _MAYBE_NONE},
        "status": request.standing_at(at).value,
        "repository": pull.repository.name,
        "pr_number": pull.number,
        "rules": known.rules,
        "violation_count": known.violations,
        "requested_by": request.requested_by_label,
        "decided_by": request.decided_by_label or None,
        "ended_by": request.ended_by_label or None,
        "evidence_file": request.evidence_name or None,
        "wished_expires_at": request.wished_until,
        "renews": request.renews_id,
        "url": asked.build_absolute_uri(reverse("admin:overrides_overriderequest_change", args=[request.pk])),
    }


def _row_shape(row: Row) -> Shape:
    return {
        "id": row.item.violation_id,
        "rule": row.item.rule,
        "file_path": row.item.file_path or None,
        "severity": row.severity,
        "status": row.violation.status if row.violation else None,
        "asked_severity": row.item.asked_severity,
        "approved_severity": row.item.approved_severity or None,
    }

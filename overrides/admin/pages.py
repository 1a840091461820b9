"""What the page of a request shows: the whole picture on one screen."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.http import HttpRequest
from django.urls import reverse

from compliance.admin.labels import label_of
from compliance.choices import Severity, Status
from compliance.models import PullRequest, Rule, TenantSettings, Violation
from core.admin_cells import page_url, page_url_of, web_address
from overrides.admin.forms import ApproveForm, ReasonForm
from overrides.admin.labels import label_of_standing
from overrides.choices import Kind, Standing
from overrides.limits import WARN_DAYS
from overrides.models import OverrideRequest
from overrides.queries.outlook import outlook
from overrides.queries.rows import Row, earlier, fence, rows_of
from overrides.services.asking import RENEWABLE
from overrides.services.people import ASK, DECIDE

SHOWN_ROWS = 200
_EARLIER = 10


def picture(request: HttpRequest, override: OverrideRequest, *, at: datetime) -> dict[str, Any]:
    """The context of the page."""
    rows = rows_of(override)
    ahead = outlook(override, rows, at=at)
    standing = override.standing_at(at)
    return {
        "standing": label_of_standing(standing),
        "rows": [_shown(row) for row in rows[:SHOWN_ROWS]],
        "row_count": len(rows),
        "hidden_rows": max(0, len(rows) - SHOWN_ROWS),
        "changed_rows": sum(not row.as_asked for row in rows) if standing == Standing.PENDING else 0,
        "verdict": label_of(ahead.now.verdict),
        "verdict_after": label_of(ahead.after) if ahead.after else None,
        "score": ahead.now.pull.open_score,
        "score_after": ahead.score,
        "after_what": "If approved" if standing == Standing.PENDING else "Once it ends",
        "pull_page": page_url_of(PullRequest, override.pull_request_id),
        "pull_name": str(ahead.now.pull),
        "evidence_address": web_address(override.evidence_url),
        "evidence_page": _verb_url(override, "evidence") if override.evidence else "",
        "earlier": [_earlier(other, at) for other in earlier(override, limit=_EARLIER)],
        "renews_page": page_url_of(OverrideRequest, override.renews_id) if override.renews_id else "",
        "ends_soon": _ends_soon(override, at),
        **_possible(request, override, standing, fence(rows), at),
    }


def _possible(
    request: HttpRequest, override: OverrideRequest, standing: Standing, seen: str, at: datetime
) -> dict[str, Any]:
    """The forms that this person may fill in, and why not where they may not."""
    may_decide = request.user.has_perm(DECIDE)
    own = override.asked_by(request.user)  # type: ignore[arg-type]
    pending, approved = standing == Standing.PENDING, standing == Standing.APPROVED
    forms: dict[str, Any] = {"own_request": own and may_decide and (pending or approved)}
    if may_decide and not own and pending:
        form = ApproveForm(initial={"seen": seen, "expires_at": _proposed_end(override, at)}, auto_id="approve_%s")
        if override.kind == Kind.FALSE_POSITIVE:
            del form.fields["expires_at"]
        forms |= {"approve_form": form, "approve_page": _verb_url(override, "approve")}
        forms |= {"reject_form": ReasonForm(auto_id="reject_%s"), "reject_page": _verb_url(override, "reject")}
    if may_decide and not own and approved:
        forms |= {"revoke_form": ReasonForm(auto_id="revoke_%s"), "revoke_page": _verb_url(override, "revoke")}
    if own and pending:
        forms["withdraw_page"] = _verb_url(override, "withdraw")
    if override.kind == Kind.OVERRIDE and standing in RENEWABLE and request.user.has_perm(ASK):
        forms["renew_page"] = _verb_url(override, "renew")
    return forms


def _proposed_end(override: OverrideRequest, at: datetime) -> datetime:
    longest = at + timedelta(days=TenantSettings.current().longest_override_days)
    return override.wished_until if override.wished_until and at < override.wished_until < longest else longest


def _shown(row: Row) -> dict[str, Any]:
    violation = row.violation
    status = label_of(Status(violation.status)) if violation else None
    return {
        "item": row.item,
        "violation": violation,
        "page": page_url_of(Violation, row.item.violation_id) if violation else "",
        "rule_page": page_url_of(Rule, row.item.rule),
        "severity": label_of(Severity(row.severity)),
        "asked": label_of(Severity(row.item.asked_severity)) if row.severity != row.item.asked_severity else None,
        "status": status,
        "context": _text_of(violation),
    }


def _text_of(violation: Violation | None) -> str:
    if violation is None or not violation.context:
        return ""
    return orjson.dumps(violation.context, option=orjson.OPT_INDENT_2).decode()


def _earlier(override: OverrideRequest, at: datetime) -> dict[str, Any]:
    return {
        "override": override,
        "page": page_url(override),
        "standing": label_of_standing(override.standing_at(at)),
        "pull": str(override.pull_request),
    }


def _ends_soon(override: OverrideRequest, at: datetime) -> bool:
    soon = at + timedelta(days=max(WARN_DAYS))
    return override.standing_at(at) == Standing.APPROVED and bool(override.expires_at and override.expires_at <= soon)


def _verb_url(override: OverrideRequest, verb: str) -> str:
    return reverse(f"admin:overrides_overriderequest_{verb}", args=[override.pk])

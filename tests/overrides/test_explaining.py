"""``manage.py explain``, and the reasons that the API gives."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from compliance.models import Evaluation, PullRequest
from compliance.services.standing import standing_now
from overrides.models import OverrideRequest
from overrides.services.deciding import approve_override
from tenants.current import connection
from tests.overrides.conftest import NOON, OTHER, REASON, WARNING, Ask

pytestmark = pytest.mark.django_db


def explain(*arguments: str) -> str:
    out = StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def test_who_is_blocked_learns_why_and_what_a_pending_request_would_change(blocked: PullRequest, ask: Ask) -> None:
    request = ask()
    told = explain("acme/shop", "1")
    assert "acme/shop#1 may not be merged: BLOCKED." in told
    assert "block_violation: HARD STOP [Security/R01]" in told
    assert f"{request.pk} override for 1 of R01: asked for by" in told
    assert "→ Once it is approved: OVERRIDE_APPROVED." in told


def test_who_may_merge_learns_which_override_lets_them_until_when(
    judge: Callable[..., Evaluation], report: Callable[..., Any], ask: Ask, compliance_admin: User
) -> None:
    judge(report(deny=[OTHER]))
    request = approve_override(override_id=ask(at=timezone.now()).pk, by=compliance_admin, at=timezone.now())
    told = explain("acme/shop", "1")
    assert "acme/shop#1 may be merged: OVERRIDE_APPROVED." in told
    assert f"is covered until {request.expires_at:%Y-%m-%d %H:%M} UTC, as approved by {compliance_admin}" in told
    assert REASON in told
    assert "→ Once it ends: BLOCKED." in told


def test_the_reasons_name_each_cover_and_its_end(approved: OverrideRequest) -> None:
    standing = standing_now(PullRequest.objects.get(), at=NOON + timedelta(days=1))
    codes = [(named.reason.code, named.reason.rules) for named in standing.reasons]
    assert codes == [("override_approved", []), ("covered", ["R01"])]
    assert "until 2026-12-23 12:00 UTC" in standing.reasons[1].reason.message


def test_a_clean_pull_request_needs_no_explanation(
    judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    judge(report(warn=[WARNING], pr_number=None, branch="main"))
    told = explain("acme/shop", "default")
    assert "acme/shop default branch may be merged: PASS." in told
    assert "Nothing stands in the way." in told


def test_another_tenant_is_asked_by_its_schema(blocked: PullRequest) -> None:
    connection.set_schema_to_public()
    assert "BLOCKED" in explain("acme/shop", "1", "--schema", "acme")
    with pytest.raises(CommandError, match="No report has named"):
        explain("acme/shop", "1", "--schema", "globex")


@pytest.mark.parametrize("arguments", [("acme/shop", "x"), ("acme/shop", "99"), ("acme/shop", "1", "--schema", "no")])
def test_what_is_not_there_is_said(blocked: PullRequest, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        explain(*arguments)

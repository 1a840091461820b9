"""Every decision stands in the audit log, written with it."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEntry
from core.errors import Forbidden
from overrides.models import OverrideRequest
from overrides.services.asking import renew_override, withdraw_override
from overrides.services.deciding import approve_override, reject_override, revoke_override
from overrides.services.expiring import expire_due
from tests.overrides.conftest import NOON, REASON, Ask

pytestmark = pytest.mark.django_db


def logged() -> list[tuple[str, str, str]]:
    return list(
        AuditEntry.objects.filter(action__startswith="override.")
        .order_by("sequence")
        .values_list("action", "actor", "note")
    )


def test_the_whole_life_is_logged_with_who_and_why(
    approved: OverrideRequest, ask: Ask, viewer: User, compliance_admin: User, tenant_admin: User
) -> None:
    later = NOON + timedelta(days=1)
    again = renew_override(override_id=approved.pk, by=viewer, at=later)
    reject_override(override_id=again.pk, reason="Not again.", by=tenant_admin, at=later)
    withdraw_override(override_id=ask(at=later).pk, by=viewer, at=later)
    revoke_override(override_id=approved.pk, reason="Found worse.", by=tenant_admin, at=later)
    assert logged() == [
        ("override.requested", viewer.username, REASON),
        ("override.approved", compliance_admin.username, ""),
        ("override.requested", viewer.username, REASON),
        ("override.rejected", tenant_admin.username, "Not again."),
        ("override.requested", viewer.username, REASON),
        ("override.withdrawn", viewer.username, ""),
        ("override.revoked", tenant_admin.username, "Found worse."),
    ]


def test_an_entry_says_what_was_and_what_is(approved: OverrideRequest) -> None:
    entry: Any = AuditEntry.objects.get(action="override.approved")
    item = approved.items.get()
    assert entry.before == {"status": "PENDING"}
    assert entry.after["violations"] == [f"{item.violation_id} R01 BLOCK"]
    assert (entry.after["status"], entry.resource_id) == ("APPROVED", str(approved.pk))


def test_time_is_nobody(approved: OverrideRequest) -> None:
    expire_due(at=NOON + timedelta(days=30))
    assert logged()[-1] == ("override.expired", "system", "")


def test_what_is_refused_is_not_logged(approved: OverrideRequest, viewer: User) -> None:
    before = logged()
    with pytest.raises(Forbidden):
        approve_override(override_id=approved.pk, by=viewer, at=NOON)
    assert logged() == before

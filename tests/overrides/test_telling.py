"""Who may decide hears of a request, and who asked hears of the decision."""

import pytest

from accounts.models import User
from alerts.models import Delivery
from overrides.services.deciding import approve_override, reject_override
from overrides.services.expiring import expire_due
from tests.overrides.conftest import NOON, REASON, Ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("blocked")]


def told() -> list[tuple[str, str]]:
    """Whom the console tells what, in order."""
    rows = Delivery.objects.filter(occasion="notice", channel_name="in_app:console").order_by("pk")
    return [(row.recipient, row.message["headline"]) for row in rows]


def test_a_request_is_told_to_who_may_decide_it_and_to_nobody_else(
    ask: Ask, viewer: User, compliance_admin: User, tenant_admin: User
) -> None:
    ask()
    asked = f"{viewer.username} asks for an override on acme/shop#1"
    assert sorted(told()) == sorted([(compliance_admin.username, asked), (tenant_admin.username, asked)])
    message = Delivery.objects.filter(occasion="notice").first().message  # type: ignore[union-attr]
    assert message["items"] == [REASON]


def test_who_may_decide_and_asks_is_not_told_of_their_own_request(
    ask: Ask, compliance_admin: User, tenant_admin: User
) -> None:
    ask(by=compliance_admin)
    assert [person for person, _ in told()] == [tenant_admin.username]


def test_who_asked_hears_of_the_decision_and_of_the_end(ask: Ask, viewer: User, compliance_admin: User) -> None:
    request = approve_override(override_id=ask().pk, by=compliance_admin, at=NOON)
    assert request.expires_at
    expire_due(at=request.expires_at)
    title = "Your request for an override on acme/shop#1"
    assert told()[1:] == [(viewer.username, f"{title}: approved"), (viewer.username, f"{title}: expired")]


def test_a_rejection_says_why(ask: Ask, viewer: User, compliance_admin: User) -> None:
    reject_override(override_id=ask().pk, reason="Mend it instead, please.", by=compliance_admin, at=NOON)
    message = Delivery.objects.filter(occasion="notice", recipient=viewer.username).get().message
    assert message["items"] == ["Mend it instead, please."]
    assert message["facts"] == [["By", compliance_admin.username]]

"""Services ask who calls them: another door to one may forget to."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import CIToken, User
from accounts.people import change_password
from accounts.roles import Role
from accounts.services import issue_ci_token, revoke_ci_token
from alerts.choices import AlertState, Tier
from alerts.models import Alert
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.raising import raise_alert
from compliance.models import CodeHost, StatusUpdate, Submission
from compliance.services.codehosts import send_again
from compliance.services.submissions import requeue
from core.claims import Claimable
from core.errors import Forbidden
from tenants.models import Tenant
from tests import factories

PASSWORD = "correct horse"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def queue_again(by: User | None) -> bool:
    """Whether a failed report was."""
    submission = factories.submit(factories.report())
    Submission.objects.update(status=Claimable.Status.FAILED)
    submission.refresh_from_db()
    requeue(submission, by=by, at=NOW)
    return Submission.objects.get(pk=submission.pk).status == Claimable.Status.QUEUED


def send(by: User | None) -> bool:
    """Whether a failed message to a code host is sent again."""
    pull = factories.judge(factories.report()).pull_request
    assert pull is not None
    host, _ = CodeHost.objects.get_or_create(kind="github", name="GitHub", base_url="http://127.0.0.1:1")
    update, _ = StatusUpdate.objects.update_or_create(
        kind="status",
        host=host,
        repository=pull.repository,
        pull_request=pull,
        target="a" * 40,
        defaults={"status": Claimable.Status.FAILED, "received_at": NOW, "run_after": NOW},
    )
    send_again(update, by=by, at=NOW)
    return StatusUpdate.objects.get(pk=update.pk).status == Claimable.Status.QUEUED


def issue(by: User | None) -> bool:
    """Whether a token was."""
    token, _ = issue_ci_token(name=f"new for {by}", repositories=["*"], by=by)
    return CIToken.objects.filter(pk=token.pk).exists()


def revoke(by: User | None) -> bool:
    """Whether a token was."""
    token, _ = issue_ci_token(name=f"old for {by}", repositories=["*"], by=None)
    revoke_ci_token(token, by=by, at=NOW)
    return CIToken.objects.filter(pk=token.pk, revoked_at__isnull=False).exists()


def acknowledge(by: User | None) -> bool:
    """Whether an alert was."""
    alert = raise_alert(tier=Tier.BLOCK, key="one", title="One", at=NOW)
    acknowledge_alert(alert.pk, by=by, label="kim", via="console", at=NOW)
    return Alert.objects.get(pk=alert.pk).state == AlertState.ACKNOWLEDGED


SERVICES = [
    (queue_again, Role.VIEWER, Role.COMPLIANCE_ADMIN),
    (send, Role.VIEWER, Role.COMPLIANCE_ADMIN),
    (issue, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN),
    (revoke, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN),
    (acknowledge, Role.VIEWER, Role.COMPLIANCE_ADMIN),
]
"""What is done, the highest role that may not, and the lowest that may."""


@pytest.mark.parametrize(("service", "below", "role"), SERVICES)
def test_a_service_is_for_whom_may_and_for_the_system(
    acme: Tenant, service: Callable[[User | None], bool], below: Role, role: Role
) -> None:
    with pytest.raises(Forbidden):
        service(factories.user(below, password=PASSWORD))
    assert service(factories.user(role, password=PASSWORD))
    assert service(None)


def test_others_passwords_are_for_who_manages_people(acme: Tenant) -> None:
    kim = factories.user(Role.VIEWER, password=PASSWORD)
    with pytest.raises(Forbidden):
        change_password(kim, password="stolen", by=factories.user(Role.COMPLIANCE_ADMIN, password=PASSWORD), at=NOW)
    assert User.objects.get(pk=kim.pk).check_password(PASSWORD)
    for by, password in ((kim, "my own words"), (factories.user(Role.TENANT_ADMIN, password=PASSWORD), "handed out")):
        change_password(kim, password=password, by=by, at=NOW)
        assert User.objects.get(pk=kim.pk).check_password(password)

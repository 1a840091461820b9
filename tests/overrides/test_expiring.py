"""The second of expiry, by beat and by a read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from compliance.models import Evaluation, PullRequest, Transition, Violation
from compliance.services.standing import standing_now
from core.errors import Conflict
from overrides.choices import Standing
from overrides.models import OverrideRequest
from overrides.services.asking import renew_override
from overrides.services.deciding import approve_override, revoke_override
from overrides.services.expiring import expire_due
from tests.overrides.conftest import BLOCK, NOON, OTHER, Ask, live, verdict

pytestmark = pytest.mark.django_db
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]
END = NOON + timedelta(days=30)
SECOND = timedelta(seconds=1)


def test_an_override_holds_to_the_last_second_and_not_at_its_end(approved: OverrideRequest) -> None:
    assert expire_due(at=END - SECOND) == 0
    assert (verdict(), approved.standing_at(END - SECOND)) == ("OVERRIDE_APPROVED", "APPROVED")
    assert expire_due(at=END) == 1
    approved.refresh_from_db()
    assert (verdict(), approved.status, approved.ended_at) == ("BLOCKED", "EXPIRED", END)
    assert Violation.objects.get().override_until is None
    assert Transition.objects.order_by("at", "id").last().cause == "uncovered"  # type: ignore[union-attr]


def test_expiring_twice_changes_nothing(approved: OverrideRequest) -> None:
    assert [expire_due(at=END), expire_due(at=END)] == [1, 0]


def test_a_read_at_the_end_does_not_wait_for_beat(approved: OverrideRequest) -> None:
    pull = PullRequest.objects.get()
    assert standing_now(pull, at=END - SECOND).can_merge
    assert standing_now(PullRequest.objects.get(), at=END).verdict == "BLOCKED"
    assert OverrideRequest.objects.get().standing_at(END) == "EXPIRED"
    assert expire_due(at=END) == 1


def test_a_read_notices_an_end_that_turns_no_verdict(
    ask: Ask, judge: Judge, report: Report, compliance_admin: User
) -> None:
    judge(report(deny=[BLOCK, OTHER]), at=NOON)
    approve_override(override_id=ask(violations=live()[:1]).pk, by=compliance_admin, at=NOON)
    assert standing_now(PullRequest.objects.get(), at=NOON).pull.open_score == 90
    assert standing_now(PullRequest.objects.get(), at=END).pull.open_score == 80


def test_what_another_override_covers_longer_stays_covered(
    approved: OverrideRequest, ask: Ask, compliance_admin: User
) -> None:
    again = renew_override(override_id=approved.pk, by=approved.requested_by, at=END - timedelta(days=3))  # type: ignore[arg-type]
    approve_override(override_id=again.pk, by=compliance_admin, at=END - timedelta(days=2))
    assert expire_due(at=END) == 1
    assert verdict() == "OVERRIDE_APPROVED"
    assert Violation.objects.get().override_until == END + timedelta(days=28)


def test_an_expired_override_cannot_be_revoked(approved: OverrideRequest, compliance_admin: User) -> None:
    with pytest.raises(Conflict, match="It is expired already"):
        revoke_override(override_id=approved.pk, reason="Too late.", by=compliance_admin, at=END)


@pytest.mark.parametrize(
    ("standings", "at", "found"),
    [
        (["APPROVED"], END - SECOND, 1),
        (["APPROVED"], END, 0),
        (["EXPIRED"], END - SECOND, 0),
        (["EXPIRED"], END, 1),
        (["PENDING", "REJECTED"], END, 0),
        (["APPROVED", "EXPIRED"], END, 1),
    ],
)
def test_lists_know_what_is_over_before_anybody_noticed(
    approved: OverrideRequest, standings: list[Standing], at: Any, found: int
) -> None:
    assert OverrideRequest.objects.standing(standings, at).count() == found

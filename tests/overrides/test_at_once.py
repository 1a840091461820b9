"""Decisions that meet: threads with connections of their own, on the real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db.utils import OperationalError
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEntry
from compliance.models import PullRequest, Violation
from compliance.services.ingest import process
from core.errors import DomainError
from overrides.models import OverrideRequest
from overrides.services.asking import request_override, withdraw_override
from overrides.services.deciding import approve_override, reject_override, revoke_override
from overrides.services.expiring import expire_due
from tenants.current import connection
from tests import factories
from tests.overrides.conftest import BLOCK, REASON

pytestmark = pytest.mark.long

ROUNDS = 5
Decision = Callable[[], Any]


@pytest.fixture
def people(committed: None) -> dict[str, User]:
    """Who asks, and two who decide; committed, so that other connections see them."""
    roles = {"asks": Role.VIEWER, "one": Role.COMPLIANCE_ADMIN, "other": Role.TENANT_ADMIN}
    return {name: factories.user(role, password="correct horse") for name, role in roles.items()}


def at_once(*decisions: Decision) -> list[str]:
    """Do these at the same moment; returns, in their order, "done" or the code of the refusal."""
    barrier, tenant = Barrier(len(decisions)), connection.tenant

    def run(decision: Decision) -> str:
        try:
            with tenant_context(tenant):
                barrier.wait(timeout=20)
                decision()
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(decisions)) as pool:
        return list(pool.map(run, decisions))


def blocked_pulls(number: int) -> list[Any]:
    """Keys of one blocking violation each, on so many pull requests."""
    for pull in range(number):
        factories.judge(factories.report(deny=[BLOCK], pr_number=pull + 1))
    return list(Violation.objects.live().order_by("id").values_list("pk", flat=True))


def ask(key: Any, by: User) -> OverrideRequest:
    return request_override(violations=[key], reason=REASON, by=by, at=timezone.now())


def approving(request: OverrideRequest, by: User) -> Decision:
    return lambda: approve_override(override_id=request.pk, by=by, at=timezone.now())


def withdrawing(request: OverrideRequest, by: User) -> Decision:
    return lambda: withdraw_override(override_id=request.pk, by=by, at=timezone.now())


def revoking(request: OverrideRequest, by: User) -> Decision:
    return lambda: revoke_override(override_id=request.pk, reason="Worse.", by=by, at=timezone.now())


def test_of_two_approvers_one_wins_and_the_other_is_told(people: dict[str, User]) -> None:
    for key in blocked_pulls(ROUNDS):
        request = ask(key, people["asks"])
        outcomes = at_once(approving(request, people["one"]), approving(request, people["other"]))
        assert sorted(outcomes) == ["already_decided", "done"]
    assert AuditEntry.objects.filter(action="override.approved").count() == ROUNDS
    assert set(PullRequest.objects.values_list("verdict", flat=True)) == {"OVERRIDE_APPROVED"}


def test_approving_and_withdrawing_at_once_is_one_of_the_two(people: dict[str, User]) -> None:
    for key in blocked_pulls(ROUNDS):
        request = ask(key, people["asks"])
        outcomes = at_once(approving(request, people["one"]), withdrawing(request, people["asks"]))
        assert sorted(outcomes) == ["already_decided", "done"]


def test_bulk_and_single_decisions_at_once_never_deadlock(people: dict[str, User]) -> None:
    requests = [ask(key, people["asks"]).pk for key in blocked_pulls(8)]

    def approve_all(order: list[Any], by: User) -> None:
        for key in order:
            try:
                approve_override(override_id=key, by=by, at=timezone.now())
            except DomainError:
                continue

    def reject_each(order: list[Any], by: User) -> None:
        for key in order:
            try:
                reject_override(override_id=key, reason="Not now.", by=by, at=timezone.now())
            except DomainError:
                continue

    outcomes = at_once(
        lambda: approve_all(requests, people["one"]),
        lambda: approve_all(requests[::-1], people["other"]),
        lambda: reject_each(requests[4:] + requests[:4], people["one"]),
        lambda: expire_due(at=timezone.now() + timedelta(days=40)),
    )
    assert outcomes == ["done"] * 4
    assert not OverrideRequest.objects.pending().exists()


def test_decisions_and_reports_at_once_leave_what_holds(people: dict[str, User]) -> None:
    for number, key in enumerate(blocked_pulls(ROUNDS), start=1):
        request = approve_override(override_id=ask(key, people["asks"]).pk, by=people["one"], at=timezone.now())
        body = factories.report(deny=[BLOCK], pr_number=number, commit_sha="next")
        assert at_once(revoking(request, people["other"]), partial(_judge_until_free, body)) == ["done", "done"]
    assert set(PullRequest.objects.values_list("verdict", "open_block_count")) == {("BLOCKED", 1)}


def test_eleven_requests_at_once_are_ten(people: dict[str, User]) -> None:
    outcomes = at_once(*(partial(ask, key, people["asks"]) for key in blocked_pulls(11)))
    assert sorted(outcomes) == ["done"] * 10 + ["too_many_requests"]


def _judge_until_free(body: dict[str, Any]) -> None:
    """As the inbox does: a report whose pull request is being worked on is put back."""
    submission = factories.submit(body)
    submission.status, submission.attempts = "processing", 1
    submission.save(update_fields=["status", "attempts"])
    for _ in range(200):
        try:
            process(submission, at=timezone.now())
        except OperationalError:
            continue
        return
    raise AssertionError("the pull request was never free")

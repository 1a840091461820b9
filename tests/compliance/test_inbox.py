"""The durable inbox: one claim at a time, three attempts, a dead letter, nothing lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from compliance import inbox
from compliance.inbox import process_next
from compliance.models import Evaluation, PullRequest, Submission, Violation
from compliance.services.submissions import requeue
from core.claims import backoff
from tenants.current import connection
from tenants.models import Tenant

Submit = Callable[..., Submission]
Report = Callable[..., dict[str, Any]]
BLOCK = "HARD STOP [Security/R01]: query without tenant filter in src/a.ts"


def spoil(submission: Submission) -> None:
    """Make a report that was accepted unreadable."""
    Submission.objects.filter(pk=submission.pk).update(payload=b"not zlib")


def due_now() -> None:
    Submission.objects.update(run_after=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_reports_that_may_block_come_first_then_the_oldest(submit: Submit, report: Report) -> None:
    now = timezone.now()
    for run, blocking, age in (("late", False, 1), ("early", False, 2), ("block", True, 0)):
        submit(report(run_id=run, pr_number=age + 1), blocking=blocking, at=now - timedelta(seconds=age))
    while process_next():
        pass
    assert list(Evaluation.objects.order_by("id").values_list("run_id", flat=True)) == ["block", "early", "late"]


@pytest.mark.django_db
def test_an_empty_inbox_has_nothing_to_process() -> None:
    assert process_next() is False


@pytest.mark.django_db
def test_the_urgent_worker_leaves_other_reports_alone(submit: Submit, report: Report) -> None:
    submit(report())
    assert process_next(blocking_only=True) is False
    assert Submission.objects.get().status == "queued"


@pytest.mark.django_db
def test_a_report_that_fails_is_tried_three_times_and_kept(submit: Submit, report: Report) -> None:
    submission = submit(report())
    spoil(submission)
    for attempt, (status, wait) in enumerate([("queued", 2), ("queued", 4), ("failed", None)], start=1):
        due_now()
        before = timezone.now()
        assert process_next() is True
        submission.refresh_from_db()
        assert (submission.status, submission.attempts) == (status, attempt)
        if wait:
            assert submission.run_after >= before + timedelta(seconds=wait)
    assert "error" in submission.error
    due_now()
    assert process_next() is False


def test_waits_double_from_two_seconds() -> None:
    assert [backoff(attempt).total_seconds() for attempt in (1, 2, 3)] == [2, 4, 8]


@pytest.mark.django_db
def test_a_failed_report_can_be_queued_again(submit: Submit, report: Report) -> None:
    submission = submit(report())
    Submission.objects.update(status="failed", attempts=3, error="x")
    submission.refresh_from_db()
    requeue(submission, at=timezone.now())
    assert process_next() is True
    submission.refresh_from_db()
    assert (submission.status, submission.error, submission.attempts) == ("done", "", 1)


@pytest.mark.django_db
def test_a_dead_workers_report_is_taken_over_once_its_claim_ran_out(submit: Submit, report: Report) -> None:
    submit(report())
    Submission.objects.update(status="processing", attempts=1, claimed_until=timezone.now() + timedelta(seconds=5))
    assert process_next() is False
    Submission.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert process_next() is True
    assert Submission.objects.get().status == "done"


@pytest.mark.django_db
def test_a_report_that_kills_its_workers_is_given_up(submit: Submit, report: Report) -> None:
    submit(report())
    Submission.objects.update(status="processing", attempts=3, claimed_until=timezone.now() - timedelta(seconds=1))
    assert process_next() is True
    assert (Submission.objects.get().status, Evaluation.objects.count()) == ("failed", 0)


def test_a_busy_pull_request_puts_its_report_back(committed: None, submit: Submit, report: Report) -> None:
    submit(report(run_id="first"))
    process_next()
    submit(report(run_id="second"))

    def worker() -> bool:
        with tenant_context(Tenant(schema_name="acme")):
            processed = process_next()
        connection.close()
        return processed

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        PullRequest.objects.select_for_update(no_key=True).get()
        assert pool.submit(worker).result() is True
    second = Submission.objects.get(run_id="second")
    assert (second.status, second.attempts, second.error) == ("queued", 0, "")


def test_a_report_slower_than_its_lease_is_not_taken_over_while_its_worker_lives(
    committed: None, submit: Submit, report: Report
) -> None:
    submission = submit(report())
    Submission.objects.update(status="processing", attempts=1, claimed_until=timezone.now() - timedelta(seconds=1))
    submission.refresh_from_db()

    def another_worker() -> bool:
        with tenant_context(Tenant(schema_name="acme")):
            processed = process_next()
        connection.close()
        return processed

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        submission.hold()
        assert pool.submit(another_worker).result() is False
    assert another_worker() is True


def test_parallel_reports_of_one_pull_request_all_count_and_the_newest_wins(
    committed: None, submit: Submit, report: Report
) -> None:
    now = timezone.now()
    for number in range(12):
        started = now - timedelta(minutes=12 - number)
        body = report(run_id=f"run-{number}", run_started_at=started.isoformat(), deny=[f"{BLOCK} {number}"])
        submit(body)

    def worker(_: int) -> None:
        with tenant_context(Tenant(schema_name="acme")):
            while Submission.objects.waiting().exists():
                process_next()
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, range(4)))
    assert set(Submission.objects.values_list("status", flat=True)) == {"done"}
    assert Evaluation.objects.count() == 12
    assert [violation.message for violation in Violation.objects.live()] == [f"{BLOCK} 11"]


def test_the_runner_serves_every_tenant_without_redis(
    committed: None, submit: Submit, report: Report, settings: Any
) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    for schema in ("acme", "globex"):
        with tenant_context(Tenant(schema_name=schema)):
            submit(report())
    call_command("inbox", once=True)
    for schema in ("acme", "globex"):
        with tenant_context(Tenant(schema_name=schema)):
            assert Submission.objects.get().status == "done"


def test_the_lease_outlives_the_largest_report() -> None:
    assert timedelta(seconds=30) <= inbox.LEASE < timedelta(seconds=60)

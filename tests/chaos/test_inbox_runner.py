"""Reports that cannot be processed now keep no other report waiting."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db.models import F

from compliance.models import PullRequest, Submission
from tests import factories
from tests.chaos.inboxes import finished, waiting
from tests.running import RunningSite, wait_until

Report = Callable[..., dict[str, Any]]


@contextmanager
def broken_tables_of_acme() -> Iterator[None]:
    """As a migration leaves them that stopped halfway."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE acme.compliance_submission RENAME TO gone")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE acme.gone RENAME TO compliance_submission")


@contextmanager
def lock_of_the_pull_request() -> Iterator[None]:
    """As somebody else holds it who works on the pull request."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
        owner.execute("SELECT FROM acme.compliance_pullrequest FOR NO KEY UPDATE")
        yield


def test_a_tenant_with_broken_tables_keeps_no_other_waiting(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    site.run_only("inbox")
    with broken_tables_of_acme():
        assert site.post("globex", report(), tokens["globex"]).status == 202
        wait_until(lambda: finished("globex") == 1, within=30, what="globex's report is judged")
    assert site.post("acme", report(), tokens["acme"]).status == 202
    wait_until(lambda: finished("acme") == 1, within=30, what="the runner is back at acme")


@pytest.mark.alone
def test_a_report_whose_pull_request_was_busy_is_tried_again_soon(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    factories.judge(report())
    assert PullRequest.objects.count() == 1
    site.run_only()
    with lock_of_the_pull_request():
        site.post("acme", report(), tokens["acme"])
        site.start("inbox")
        wait_until(put_back, within=30, what="the report is put back")
    wait_until(lambda: not waiting(), within=2, what="the report is judged long before the next look")


def put_back() -> bool:
    return Submission.objects.filter(status=Submission.Status.QUEUED, run_after__gt=F("received_at")).exists()


def test_a_report_that_will_be_tried_again_keeps_none_waiting_until_then(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    site.run_only()
    failing = factories.submit(report(pr_number=1))
    Submission.objects.update(payload=b"not zlib")
    site.start("worker")
    wait_until(lambda: Submission.objects.get().error, within=30, what="the first attempt fails")
    site.post("acme", report(pr_number=2), tokens["acme"])
    wait_until(lambda: finished() == 1, within=30, what="the second report is judged")
    failing.refresh_from_db()
    assert (failing.status, failing.attempts) == ("queued", 1)

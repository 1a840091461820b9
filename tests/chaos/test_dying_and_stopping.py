"""Workers that end in the middle of a report: killed, it is processed again; asked to stop, it is finished first."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from compliance.models import Evaluation, Submission, Violation
from tests.chaos.inboxes import MANY, held_before_commit, many_messages
from tests.running import RunningSite, wait_until

pytestmark = pytest.mark.long

Report = Callable[..., dict[str, Any]]
JUDGED_WITHIN = 60.0


def test_a_large_report_whose_worker_is_killed_is_processed_once_and_completely(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    site.run_only("worker")
    began = time.monotonic()
    with held_before_commit() as somebody_waits:
        answer = site.post("acme", report(override=many_messages()), tokens["acme"])
        wait_until(somebody_waits, within=30, what="the worker has written all but the last")
        assert Submission.objects.get().status == "processing"
        site.kill("worker")
    assert (answer.status, Evaluation.objects.count(), Violation.objects.count()) == (202, 0, 0)
    site.start("worker", "inbox")
    skipped = let_the_claim_run_out()
    wait_until(lambda: Submission.objects.get().status == "done", within=30, what="the report is judged")
    assert Submission.objects.get().attempts == 2
    assert Evaluation.objects.get().new_count == Violation.objects.live().count() == MANY
    assert time.monotonic() - began + skipped < JUDGED_WITHIN


def let_the_claim_run_out() -> float:
    """As if the rest of the dead worker's lease had passed; returns how many seconds that is."""
    now = timezone.now()
    until = Submission.objects.get().claimed_until
    assert until
    Submission.objects.update(claimed_until=now)
    return (until - now).total_seconds()


@pytest.mark.parametrize("name", ["worker", "inbox"])
def test_who_is_asked_to_stop_finishes_the_report_in_hand(
    site: RunningSite, tokens: dict[str, str], report: Report, name: str
) -> None:
    site.run_only(name)
    process = site.processes[name]
    with held_before_commit() as somebody_waits:
        site.post("acme", report(), tokens["acme"])
        wait_until(somebody_waits, within=30, what="the report is in hand")
        process.terminate()
        assert (process.poll(), Evaluation.objects.count()) == (None, 0)
    assert process.wait(10) == 0
    site.stop(name)
    assert list(Submission.objects.values_list("status", "attempts")) == [("done", 1)]
    assert Evaluation.objects.count() == 1

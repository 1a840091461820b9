"""One tenant's backlog never stands before another tenant's report."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from compliance.models import Submission
from tests.chaos.inboxes import finished, queue_backlog, waiting
from tests.running import RunningSite, wait_until

pytestmark = pytest.mark.alone

Report = Callable[..., dict[str, Any]]
BACKLOG = 1_000
JUDGED_WITHIN = 3.0
# While it came in and went out, whoever was busy finished what was in hand, and took a turn or two.
TURNS = 10


def test_a_report_is_judged_at_once_although_another_tenant_has_a_thousand_urgent_ones(
    site: RunningSite, tokens: dict[str, str], report: Report
) -> None:
    site.run_only()
    queue_backlog(BACKLOG)
    site.start("worker", "urgent")
    wait_until(lambda: finished() >= TURNS, within=20, what="the workers are at acme's backlog")
    before = finished()
    began = time.monotonic()
    site.post("globex", report(), tokens["globex"])
    wait_until(lambda: finished("globex") == 1, within=JUDGED_WITHIN, what="globex's report is judged")
    assert time.monotonic() - began < JUDGED_WITHIN
    assert finished() - before <= TURNS
    assert waiting() > BACKLOG / 2
    assert Submission.objects.count() == BACKLOG

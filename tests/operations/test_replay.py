"""``manage.py replay_demo``: reports of the past, each judged at its own time."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from compliance.models import Evaluation, PullRequest, Repository, Submission, Transition, Violation
from tenants.current import connection
from tests import factories
from tests.factories import report

FIRST = datetime(2026, 10, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
BROKEN = {"security": {"deny": ["HARD STOP [Security/R01]: a query", "HARD STOP [Security/R02]: a table"]}}
HALF = {"security": {"deny": ["HARD STOP [Security/R02]: a table"]}}


def event(days: int, results: dict[str, Any], ends: str = "") -> dict[str, Any]:
    at = FIRST + days * DAY
    body = report(
        results=results, pr_number=7, run_id=f"run-{days}", commit_sha=f"c{days}", run_started_at=at.isoformat()
    )
    return {"at": at.isoformat(), "report": body, "ends": ends, "ended_at": (at + DAY).isoformat() if ends else ""}


def replay(folder: Path, *events: dict[str, Any]) -> str:
    path, said, tenant = folder / "history.json", io.StringIO(), connection.tenant
    path.write_text(json.dumps({"acme": events}))
    call_command("replay_demo", str(path), stdout=said)
    connection.set_tenant(tenant)
    return said.getvalue()


@pytest.fixture
def replayed(committed: None, tmp_path: Path) -> list[str]:
    """Two runs of a pull request that was merged, told twice; what was said each time."""
    told = [event(0, BROKEN), event(4, HALF, "merged")]
    return [replay(tmp_path, *told), replay(tmp_path, *told)]


def test_everything_happened_when_it_happened(replayed: list[str]) -> None:
    pull = PullRequest.objects.select_related("repository").get()
    assert (pull.created_at, pull.last_checked, pull.state) == (FIRST, FIRST + 4 * DAY, "merged")
    assert Repository.objects.get().created_at == FIRST
    assert [e.created_at for e in Evaluation.objects.order_by("id")] == [FIRST, FIRST + 4 * DAY]
    assert [s.received_at for s in Submission.objects.order_by("id")] == [FIRST, FIRST + 4 * DAY]
    assert list(Violation.objects.order_by("rule_id").values_list("first_seen", "resolved_at", "resolution")) == [
        (FIRST, FIRST + 4 * DAY, "FIXED"),
        (FIRST, FIRST + 5 * DAY, "MERGED"),
    ]
    assert list(Transition.objects.order_by("at", "cause").values_list("at", "cause")) == [
        (FIRST, "found"),
        (FIRST, "found"),
        (FIRST + 4 * DAY, "fixed"),
        (FIRST + 5 * DAY, "merged"),
    ]


def test_what_is_told_again_is_known(replayed: list[str]) -> None:
    assert replayed == ["acme: 2 reports of the past\n", "acme: 0 reports of the past\n"]


def test_other_policies_do_not_rewrite_the_past(replayed: list[str], tmp_path: Path) -> None:
    replay(tmp_path, event(0, HALF))
    assert Evaluation.objects.count() == 2


def test_a_report_that_comes_now_goes_on_from_there(committed: None, tmp_path: Path) -> None:
    replay(tmp_path, event(0, BROKEN))
    factories.judge(report(results=HALF, pr_number=7, run_id="now", commit_sha="c9"))
    assert list(Violation.objects.live().values_list("rule_id", "first_seen")) == [("R02", FIRST)]

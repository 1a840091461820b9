"""How long the policies take: one change, the whole sample repository, and twenty changes at once, judged as well."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import mean
from time import perf_counter

from compliance.evaluation.changes import Change, Words, read_change
from compliance.evaluation.engine import evaluate
from compliance.evaluation.reporting import report_of
from compliance.inbox import process_next
from compliance.models import Submission
from operations.demo.repository import Run, make_repository
from operations.demo.stories import read_stories
from tests import factories
from tests.load.figures import Figure, ms, p95, seconds

AT_ONCE = 20
GOAL_SECONDS, LIMIT_SECONDS = 5.0, 30.0


def figures() -> Iterator[Figure]:
    """Mean time of an evaluation beside reading the change from git; then all of it, and twenty at once, to the end."""
    with tempfile.TemporaryDirectory() as folder:
        repository, now = Path(folder) / "shop", datetime.now(UTC)
        runs = make_repository(repository, read_stories(), now=now)
        evaluate({"changed_files": []})  # the first one reads the policies
        reading, evaluating = zip(*(_timed(repository, run) for run in runs), strict=True)
        yield Figure(
            f"an evaluation, mean of {len(runs)}",
            f"{ms(mean(evaluating))} (p95 {ms(p95(evaluating))})",
            f"{ms(mean(reading))} (reading it from git)",
        )
        began = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            reports = list(pool.map(partial(_evaluated, repository), runs[-AT_ONCE:]))
        backlog = _judged(reports)
        took = sum(reading) + sum(evaluating) + perf_counter() - began
    yield Figure(
        f"the sample repository, and {AT_ONCE} at once, judged",
        f"{took:.1f} s, {backlog} left waiting",
        f"{GOAL_SECONDS:.0f} s (operating goal)",
        GOAL_SECONDS / took,
        f"< {LIMIT_SECONDS:.0f} s, none waiting",
        took < LIMIT_SECONDS and not backlog,
    )


def _read(repository: Path, run: Run) -> Change:
    words = Words(run.title, run.body, run.number, run.author)
    return read_change(repository, base=run.base, head=run.head, words=words)


def _timed(repository: Path, run: Run) -> tuple[float, float]:
    began = perf_counter()
    change = _read(repository, run)
    return perf_counter() - began, seconds(lambda: evaluate({**change.input, **run.figures}))


def _evaluated(repository: Path, run: Run) -> dict[str, object]:
    change = _read(repository, run)
    document = evaluate({**change.input, **run.figures})
    at = datetime.fromisoformat(run.at)
    return report_of(
        change,
        document,
        repository="bench/shop",
        branch=run.branch,
        base_branch="main",
        run_id=f"{run.branch}-{run.at}",
        started_at=at,
        policy_revision="",
    )


def _judged(reports: list[dict[str, object]]) -> int:
    """Take the reports in and judge them; returns how many are left."""
    for report in reports:
        factories.submit(report)
    while process_next():
        pass
    waiting: int = Submission.objects.waiting().filter(repository="bench/shop").count()
    return waiting

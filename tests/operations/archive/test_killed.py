"""A run that is killed loses nothing, and the next one finishes its work, while reports go on being judged."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from compliance.models import Submission, Violation
from core.errors import Conflict
from operations.archive.running import alone, run_archive, run_retention
from operations.models import ArchiveBatch, ArchiveFile
from tenants.current import connection
from tenants.models import Tenant
from tests.operations.archive.conftest import R01
from tests.operations.archive.counting import everything, in_database
from tests.operations.archive.dying import STEPS

pytestmark = pytest.mark.usefixtures("committed", "archive_folder")


@pytest.fixture
def killed_at(archive_folder: Path) -> Iterator[Callable[[str], None]]:
    """Run the retention in a process of its own, which dies at a step: ``killed_at("amid a file")``."""
    argv = [sys.executable, "-W", "ignore", "-m", "tests.operations.archive.dying", str(archive_folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as deaths:
        given, answers = deaths.stdin, deaths.stdout
        assert given
        assert answers

        def die(step: str) -> None:
            given.write(f"{step}\n")
            given.flush()
            assert int(answers.readline()) == signal.SIGKILL, step

        yield die
        given.close()


def test_killed_at_every_step_nothing_is_lost_and_the_next_run_finishes(
    archive_folder: Path, killed_at: Callable[[str], None], fixed: Callable[..., Any], judge: Any, report: Any
) -> None:
    for number, step in enumerate(STEPS, start=1):
        fixed(number, days=100, files="abcdef")
        if step == "while clearing up":
            # Something that leaves the archive again, so that a file is replaced.
            run_archive(at=timezone.now())
            judge(report(pr_number=number, deny=[R01.format("a")]))
        made, stood = in_database(), set(archive_folder.rglob("*.parquet"))
        stood -= {archive_folder / file.path for file in ArchiveFile.objects.exclude(batch__state="sealed")}
        killed_at(step)
        left = everything_new(archive_folder, stood)
        assert all(set(keys) == set(left[name]) for name, keys in made.items()), step
        run_retention(at=timezone.now())
        assert everything_new(archive_folder, stood) == made, step
        assert not ArchiveBatch.objects.exclude(state="sealed").exists()
        noted = {archive_folder / path for path in ArchiveFile.objects.values_list("path", flat=True)}
        assert set(archive_folder.rglob("*.parquet")) == noted, step


def everything_new(folder: Path, stood: set[Path]) -> dict[str, list[str]]:
    """Keys in the database and in the files that were not there before."""
    found = {name: list(keys) for name, keys in in_database().items()}
    for path in set(folder.rglob("*.parquet")) - stood:
        table = path.parent.parent.name.removeprefix("table=")
        # What a killed writer has begun is no file.
        if table in found and path.read_bytes()[-4:] == b"PAR1":
            found[table] += pq.read_table(path, partitioning=None).column("id").to_pylist()
    return {name: sorted(keys) for name, keys in found.items()}


def test_reports_are_judged_while_rows_go(
    archive_folder: Path, fixed: Callable[..., Any], submit: Any, report: Any, monkeypatch: Any
) -> None:
    from compliance.inbox import process_next
    from operations.archive import deleting

    monkeypatch.setattr(deleting, "ROOTS_AT_ONCE", 3)
    for number in range(1, 6):
        fixed(number, days=100, files="abcdefgh")
    made = in_database()
    # Half of what is deleted comes back at the same time, and some is new.
    for number in range(1, 6):
        submit(report(pr_number=number, commit_sha="new", deny=[R01.format(name) for name in "abcdxyz"]))
    failures: list[BaseException] = []
    again = threading.Event()

    def worker() -> None:
        try:
            with tenant_context(Tenant(schema_name="acme")):
                while Submission.objects.waiting().exists():
                    process_next() or again.wait(0.05)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    working = threading.Thread(target=worker)
    working.start()
    run_retention(at=timezone.now())
    working.join(60)
    assert not failures
    run_retention(at=timezone.now())
    assert set(Submission.objects.values_list("status", flat=True)) == {"done"}
    assert Violation.objects.live().count() == 5 * 7
    left = everything(archive_folder)
    for name in ("violations", "transitions", "evaluations", "submissions"):
        assert len(left[name]) == len(set(left[name])), name
        assert set(made[name]) <= set(left[name]), name


def test_two_runs_of_a_tenant_do_not_meet_and_those_of_two_tenants_do(archive_folder: Path) -> None:
    def other() -> None:
        try:
            with tenant_context(Tenant(schema_name="acme")), pytest.raises(Conflict, match="Another run"):
                run_retention(at=timezone.now())
            with tenant_context(Tenant(schema_name="globex")):
                run_retention(at=timezone.now())
            outcomes.append("both")
        finally:
            connection.close()

    outcomes: list[str] = []
    with alone():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert outcomes == ["both"]
    run_retention(at=timezone.now())

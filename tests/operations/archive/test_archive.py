"""Files that anybody can read, that say when they are broken, and that can be put back."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from compliance.models import Check, Evaluation, Submission, Transition, Violation
from operations.archive.files import manifest_of
from operations.archive.parquet import decoded, digest, encoded
from operations.archive.places import discard, fetch, manifest_path, store
from operations.archive.running import run_archive, run_retention
from operations.models import ArchiveBatch, ArchiveFile
from tenants.current import connection
from tenants.models import Tenant
from tests.operations.archive.conftest import R01
from tests.operations.archive.counting import asked, everything, in_archive, in_database

pytestmark = pytest.mark.django_db
MODELS = (Violation, Transition, Evaluation, Check, Submission)


def said(*argv: str) -> str:
    """What ``manage.py archive`` prints."""
    out = StringIO()
    call_command("archive", *argv, stdout=out, stderr=out)
    return out.getvalue()


def stored() -> dict[str, list[Any]]:
    """Every column of every row that the archive takes."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}


@pytest.fixture
def archived(archive_folder: Path, merged: Callable[..., Any], now: datetime) -> dict[str, list[Any]]:
    """A pull request of a hundred days ago, in the archive alone; what the database held of it."""
    merged(1, days=100, files="abc")
    Violation.objects.filter(file_path="apps/a.ts").update(
        message='Tab\t, "quotes", \\backslash\nand a new line — ünï', line=None, context={"a": [1, None, "x,y"]}
    )
    made = stored()
    run_retention(at=now)
    assert not any(model.objects.exists() for model in MODELS)
    return made


def test_duckdb_and_pyarrow_read_the_files_as_they_are(archived: dict[str, list[Any]], archive_folder: Path) -> None:
    files = f"{archive_folder}/tenant=*/table=violations/date=*/*.parquet"
    columns = "tenant, date, count(*), epoch_us(min(resolved_at)), typeof(any_value(line))"
    found = asked(f"SELECT {columns} FROM read_parquet('{files}', hive_partitioning = true) GROUP BY ALL")
    resolved = archived["Violation"][0]["resolved_at"]
    assert found == [("acme", resolved.date(), 3, int(resolved.timestamp() * 1_000_000), "INTEGER")]
    # A whole folder, as pandas.read_parquet does.
    table = pq.read_table(archive_folder / "tenant=acme" / "table=violations")
    assert sorted(table["message"].to_pylist()) == sorted(row["message"] for row in archived["Violation"])
    assert table["first_seen"].to_pylist() == [row["first_seen"] for row in archived["Violation"]]


def test_restoring_brings_every_row_back_to_the_last_value(archived: dict[str, list[Any]]) -> None:
    assert "3 violations restored, 0 passed over" in said("restore", "--tenant", "acme")
    assert stored() == archived
    assert "0 violations restored, 3 passed over" in said("restore", "--tenant", "acme")
    assert stored() == archived


def test_what_was_restored_stays_for_a_while_and_is_not_archived_twice(
    archived: dict[str, list[Any]], archive_folder: Path, now: datetime
) -> None:
    said("restore", "--tenant", "acme")
    assert run_retention(at=now + timedelta(days=1)).archived == {}
    assert stored() == archived
    outcome = run_retention(at=now + timedelta(days=31))
    assert (outcome.deleted["violations"], outcome.archived["violations"]) == (3, 0)
    assert everything(archive_folder)["violations"] == sorted(str(row["id"]) for row in archived["Violation"])


def test_a_table_restored_alone_loses_nothing_when_it_goes_again(
    archived: dict[str, list[Any]], archive_folder: Path, now: datetime
) -> None:
    said("restore", "--tenant", "acme", "--table", "violations")
    assert (Violation.objects.count(), Transition.objects.count()) == (3, 0)
    run_retention(at=now + timedelta(days=31))
    assert in_archive(archive_folder, "transitions") == [str(row["id"]) for row in archived["Transition"]]
    assert not Violation.objects.exists()


def test_what_has_come_back_by_itself_keeps_its_place(
    archived: dict[str, list[Any]], judge: Any, report: Any, now: datetime
) -> None:
    from compliance.models import PullRequest

    PullRequest.objects.update(state="open")
    judge(report(pr_number=1, deny=[R01.format("b")]), at=now)
    said("restore", "--tenant", "acme")
    assert Violation.objects.filter(status="OPEN").count() == 1
    assert Violation.objects.count() == 3
    known = set(Violation.objects.values_list("pk", flat=True))
    assert set(Transition.objects.values_list("violation", flat=True)) == known


def test_another_schema_is_named_and_restored_as_far_as_it_goes(archived: dict[str, list[Any]]) -> None:
    file = ArchiveFile.objects.filter(table="evaluations").earliest("date")
    rows = decoded(fetch(file.path))
    older = rows.drop_columns(["policy_revision"]).append_column("colour", pa.array(["red"] * rows.num_rows))
    content = encoded(older)
    discard(file.path)
    file.sha256, file.size = digest(content), len(content)
    file.save()
    store(file.path, content)
    store(manifest_path(file.path), manifest_of(file).packed())
    text = said("restore", "--tenant", "acme")
    assert "evaluations: columns differ: no longer in the table: colour; not in the file: policy_revision" in text
    assert list(Evaluation.objects.values_list("policy_revision", flat=True)) == ["", ""]


def test_list_prints_what_there_is(archived: dict[str, list[Any]]) -> None:
    lines = [line.split() for line in said("list", "--table", "violations").splitlines()]
    file = ArchiveFile.objects.get(table="violations")
    assert lines[0] == ["TENANT", "TABLE", "DATE", "ROWS", "BYTES", "STATE"]
    assert lines[1] == ["acme", "violations", str(file.date), "3", f"{file.size:,}", "verified"]
    assert len(lines) == 2


def test_a_manifest_says_what_its_file_holds(archived: dict[str, list[Any]], archive_folder: Path) -> None:
    [path] = archive_folder.glob("tenant=acme/table=violations/date=*/*.parquet")
    [manifest] = [json.loads(one.read_text()) for one in path.parent.glob("_*.manifest.json")]
    keys = sorted(str(row["id"]) for row in archived["Violation"])
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (manifest["rows"], manifest["first_key"], manifest["last_key"]) == (3, keys[0], keys[-1])
    assert manifest["schema"]["first_seen"] == "timestamp[us, tz=UTC]"
    assert archive_folder / manifest["path"] == path


def test_verify_names_what_is_broken_and_restore_leaves_it(
    archived: dict[str, list[Any]], archive_folder: Path
) -> None:
    [path] = archive_folder.glob("tenant=acme/table=violations/date=*/*.parquet")
    [manifest] = path.parent.glob("_*")
    content, described = path.read_bytes(), manifest.read_bytes()
    changed = content[:100] + bytes([content[100] ^ 1]) + content[101:]
    for harmed, harm in ((path, changed), (path, content[:-10]), (manifest, b"{}"), (path, None)):
        path.write_bytes(content)
        manifest.write_bytes(described)
        harmed.write_bytes(harm) if harm is not None else harmed.unlink()
        out = StringIO()
        with pytest.raises(CommandError) as refused:
            call_command("archive", "verify", stdout=out, stderr=out)
        assert refused.value.returncode == 1
        assert f"{path.relative_to(archive_folder)}: BROKEN" in out.getvalue()
    with pytest.raises(CommandError):
        said("restore", "--tenant", "acme")
    assert (Violation.objects.count(), Evaluation.objects.count()) == (0, 2)
    assert "BROKEN" in said("list")


def test_nothing_is_deleted_by_a_file_that_is_broken(
    archive_folder: Path, merged: Callable[..., Any], now: datetime
) -> None:
    merged(1, days=100, files="abc")
    run_archive(at=now)
    [path] = archive_folder.glob("tenant=acme/table=violations/date=*/*.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    outcome = run_retention(at=now)
    assert len(outcome.broken) == 1
    assert (Violation.objects.count(), outcome.deleted["violations"], outcome.deleted["payloads"]) == (3, 0, 2)


def test_a_tenant_sees_and_restores_its_own_files_alone(
    archived: dict[str, list[Any]], archive_folder: Path, globex: Tenant
) -> None:
    (archive_folder / "tenant=acme").rename(archive_folder / "tenant=globex")
    connection.set_tenant(globex)
    with pytest.raises(CommandError):
        said("restore", "--tenant", "globex")
    assert not Violation.objects.exists()
    with pytest.raises(CommandError):
        said("verify", "--tenant", "globex")


def test_files_that_the_database_does_not_know_are_listed_verified_and_restored(
    archived: dict[str, list[Any]], acme: Tenant
) -> None:
    ArchiveBatch.objects.all().delete()
    assert "unknown to the database" in said("list", "--tenant", "acme")
    said("verify", "--tenant", "acme")
    said("restore", "--tenant", "acme")
    assert stored() == archived


def test_a_tenant_that_is_gone_is_named_for_its_files(archive_folder: Path) -> None:
    (archive_folder / "tenant=initech" / "table=checks" / "date=2026-01-01").mkdir(parents=True)
    assert "initech: files of a tenant that is not there any more" in said("list")


def test_dry_run_counts_and_deletes_nothing(archive_folder: Path, merged: Callable[..., Any]) -> None:
    merged(1, days=100, files="ab")
    made = in_database()
    out = StringIO()
    call_command("retention", "--tenant", "acme", "--dry-run", stdout=out)
    assert "acme: 2 violations would go" in out.getvalue()
    assert in_database() == made
    assert not archive_folder.exists()


def test_the_command_does_it(archive_folder: Path, merged: Callable[..., Any]) -> None:
    merged(1, days=100, files="ab")
    out = StringIO()
    call_command("retention", "--tenant", "acme", stdout=out)
    assert "acme: done" in out.getvalue()
    assert not Violation.objects.exists()
    with pytest.raises(CommandError, match="is no tenant"):
        call_command("retention", "--tenant", "initech")


def test_files_are_for_nobody_else(archived: dict[str, list[Any]], archive_folder: Path) -> None:
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in archive_folder.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}

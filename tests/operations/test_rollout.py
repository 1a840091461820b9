"""A release comes to the tenants: the canary first, stopped, killed and resumed, while the old release serves."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from django.core.management import CommandError, call_command

from operations.rollout.locks import rollout_lock, schema_lock

ROOT = Path(__file__).parents[2]
SCHEMAS = ("acme", "globex", "tenant_template")
FIELDS = "schema_versions, schema_release, rollout, rollout_at, rollout_failure"
FRESH = ["next_release.0001_initial", "next_release.0002_dies"]


class Ran(NamedTuple):
    """A rollout: how it ended, what it said, and what the tenants knew afterwards."""

    code: int
    said: list[str]
    states: dict[str, str]
    failures: dict[str, str]


@pytest.fixture(scope="module")
def owner(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The owner's connection; what tomorrow's release leaves is removed through it."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        before = connection.execute(f"SELECT schema_name, {FIELDS} FROM public.tenants_tenant".encode()).fetchall()
        yield connection
        for schema in SCHEMAS:
            connection.execute(f"DROP TABLE IF EXISTS {schema}.next_release_note".encode())
            connection.execute(f"DELETE FROM {schema}.django_migrations WHERE app = 'next_release'".encode())
        for schema, *values in before:
            update = f"UPDATE public.tenants_tenant SET ({FIELDS}) = (%s, %s, %s, %s, %s) WHERE schema_name = %s"
            connection.execute(update.encode(), [*values, schema])


def roll_out(owner: psycopg.Connection, *argv: str, **environment: str) -> Ran:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.operations.next_release.settings", "MIGRATION_LOCK_TRIES": "1"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate_tenants", *argv],
        cwd=ROOT,
        env={**os.environ, **settings, "MIGRATION_LOCK_TIMEOUT": "0.1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    rows = owner.execute("SELECT schema_name, rollout, rollout_failure FROM public.tenants_tenant").fetchall()
    states, failures = {name: state for name, state, _ in rows}, {name: failure for name, _, failure in rows}
    return Ran(done.returncode, (done.stdout + done.stderr).splitlines(), states, failures)


@contextmanager
def in_use(table: str) -> Iterator[None]:
    """Somebody reads a table, and takes their time."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as reader:
        reader.execute(f"SELECT 1 FROM {table}".encode())
        yield


@pytest.fixture(scope="module")
def story(owner: psycopg.Connection) -> Mapping[str, Ran]:
    """Four attempts to bring tomorrow's release to acme and globex."""
    story = {"listed": roll_out(owner, "--dry-run", "--canary", "globex")}
    with in_use("acme.compliance_rule"):
        story["canary failed"] = roll_out(owner, "--canary", "acme")
    story["killed"] = roll_out(owner, "--canary", "acme", DIES_IN="globex")
    with psycopg.connect(os.environ["ADMIN_DATABASE_URL"]) as admin:
        database = owner.info.dbname
    with psycopg.connect(os.environ["ADMIN_DATABASE_URL"], dbname=database, autocommit=True) as admin:
        # As CREATE INDEX CONCURRENTLY leaves one whose process is killed.
        owner.execute("CREATE INDEX left_over ON globex.next_release_note (id)")
        admin.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'globex.left_over'::regclass")
    story["resumed"] = roll_out(owner, "--resume")
    return story


def told_of(run: Ran, schema: str) -> list[str]:
    return [line for line in run.said if schema in line]


def test_a_dry_run_lists_what_each_schema_lacks_and_the_canary_first(story: Mapping[str, Ran]) -> None:
    lacks = [line for line in story["listed"].said if not line.startswith("public")]
    assert lacks == [f"{name}: {', '.join(FRESH)}" for name in ("tenant_template", "globex", "acme")]
    assert story["listed"].states["acme"] == "done"


def test_a_canary_that_fails_stops_the_rollout(story: Mapping[str, Ran]) -> None:
    run = story["canary failed"]
    assert run.code == 1
    assert (run.states["acme"], run.states["globex"]) == ("failed", "done")
    assert "lock timeout" in run.failures["acme"]
    assert told_of(run, "globex") == []


def test_a_process_that_is_killed_costs_only_its_own_tenant(story: Mapping[str, Ran]) -> None:
    run = story["killed"]
    assert run.code == 1
    assert (run.states["acme"], run.states["globex"]) == ("done", "failed")
    assert "ended with -9" in run.failures["globex"]
    assert run.said[-1].startswith("CommandError: failed: globex.")


def test_whoever_resumes_visits_only_what_is_left(story: Mapping[str, Ran]) -> None:
    run = story["resumed"]
    assert (run.code, run.states["globex"], run.failures["globex"]) == (0, "done", "")
    assert told_of(run, "acme") == []
    assert "globex: 1 migration," in told_of(run, "globex")[0]


def test_an_index_that_was_left_half_built_is_gone(story: Mapping[str, Ran], owner: psycopg.Connection) -> None:
    assert owner.execute("SELECT to_regclass('globex.left_over')").fetchone() == (None,)


def test_what_is_new_belongs_to_the_tenants_role_and_to_no_other(
    story: Mapping[str, Ran], owner: psycopg.Connection
) -> None:
    prefix = os.environ.get("TENANT_ROLE_PREFIX", "t_")
    may = "SELECT has_table_privilege(%s, 'globex.next_release_note', 'INSERT')"
    assert [owner.execute(may, [prefix + name]).fetchone() for name in ("globex", "acme")] == [(True,), (False,)]


@pytest.fixture
def as_owner(settings: Any) -> None:
    """Only as far as the locks, which have connections of their own."""
    settings.OWNER_DATABASE_URL = os.environ["OWNER_DATABASE_URL"]


def test_two_rollouts_at_once_are_refused(as_owner: None) -> None:
    with rollout_lock(), pytest.raises(CommandError, match="Another rollout is at work") as refusal:
        call_command("migrate_tenants")
    assert refusal.value.returncode == 3


def test_locks_of_schemas_are_apart(as_owner: None) -> None:
    with schema_lock("acme"), schema_lock("globex"), rollout_lock():
        pass


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ((), "Set OWNER_DATABASE_URL"),
        (("--concurrency", "0"), "0 is no number of one or more"),
    ],
)
def test_what_cannot_be_rolled_out_says_why(argv: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        call_command("migrate_tenants", *argv)

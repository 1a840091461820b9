"""Building tenants: stopped, late and repeated, by the owner in processes of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from psycopg import sql

from tenants.current import connection
from tests.running import wait_until

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NAME = "initech"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
MIGRATIONS = "SELECT app, name FROM {}.django_migrations ORDER BY 1, 2"


def start(*argv: str) -> subprocess.Popen[str]:
    """``manage.py`` as the owner."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "manage.py", *argv],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(*argv: str, fails: bool = False) -> str:
    with start(*argv) as process:
        said, _ = process.communicate(timeout=120)
    assert bool(process.returncode) == fails, said
    return said


@pytest.fixture
def request_initech(owner: psycopg.Connection, django_db_blocker: Any) -> Callable[[], None]:
    """Ask for it as the web does, in this process: only the owner's commands need one of their own."""

    def ask() -> None:
        with django_db_blocker.unblock():
            call_command("create_tenant", NAME, domain=f"{NAME}.localhost", verbosity=0)
            connection.close()

    return ask


@pytest.fixture
def owner(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The owner's connection; the tenant that a test makes is removed through it."""
    role = sql.Identifier(os.environ.get("TENANT_ROLE_PREFIX", "t_") + NAME)
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        yield owner
        owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(NAME)))
        owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        mine = "SELECT id FROM public.tenants_tenant WHERE schema_name = %s"
        owner.execute(f"DELETE FROM public.tenants_domain WHERE tenant_id IN ({mine})", [NAME])
        owner.execute("DELETE FROM public.tenants_tenant WHERE schema_name = %s", [NAME])


def tables(owner: psycopg.Connection, schema: str) -> list[str]:
    return [name for (name,) in owner.execute(TABLES, [schema])]


def migrations(owner: psycopg.Connection, schema: str) -> list[tuple[str, str]]:
    return owner.execute(sql.SQL(MIGRATIONS).format(sql.Identifier(schema))).fetchall()


def state(owner: psycopg.Connection, schema: str) -> str | None:
    row = owner.execute("SELECT state FROM public.tenants_tenant WHERE schema_name = %s", [schema]).fetchone()
    return row[0] if row else None


def is_there(owner: psycopg.Connection) -> bool:
    """Whether somebody else works as the owner."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
    row = owner.execute(others).fetchone()
    return bool(row and row[0])


def empty_the_template(owner: psycopg.Connection) -> None:
    """What a run leaves that was stopped before the template's migration was committed."""
    owner.execute("DROP SCHEMA tenant_template CASCADE")
    owner.execute("CREATE SCHEMA tenant_template")


def test_a_tenant_is_built_whole_from_a_template_that_was_left_empty(
    owner: psycopg.Connection, request_initech: Callable[[], None]
) -> None:
    empty_the_template(owner)
    request_initech()
    assert "initech: built" in run("provision")
    assert tables(owner, NAME) == tables(owner, "acme")
    assert migrations(owner, NAME) == migrations(owner, "acme")


def test_a_template_whose_building_was_stopped_is_completed(owner: psycopg.Connection) -> None:
    empty_the_template(owner)
    owner.execute("DELETE FROM public.tenants_tenant WHERE schema_name = 'tenant_template'")
    run("provision")
    assert state(owner, "tenant_template") == "template"
    assert tables(owner, "tenant_template") == tables(owner, "acme")


def test_a_tenant_that_waits_does_not_stop_the_migration_of_the_others(
    owner: psycopg.Connection, request_initech: Callable[[], None]
) -> None:
    request_initech()
    said = run("migrate_schemas")
    assert [f"{name}: 0 migrations" in said for name in ("public", "acme", "globex", NAME)] == [True] * 3 + [False]
    assert "django_migrations" not in tables(owner, "extensions")


def test_a_schema_that_does_not_exist_cannot_be_migrated(
    owner: psycopg.Connection, request_initech: Callable[[], None]
) -> None:
    request_initech()
    said = run("migrate_schemas", "--schema", NAME, fails=True)
    assert said == "CommandError: The schema initech does not exist.\n"
    assert "django_migrations" not in tables(owner, "extensions")


def test_whoever_watches_builds_what_is_asked_for_later(
    owner: psycopg.Connection, request_initech: Callable[[], None]
) -> None:
    with start("provision", "--watch", "0.1") as watcher:
        assert watcher.stdout
        wait_until(lambda: is_there(owner), within=30, what="the watcher has begun")
        request_initech()
        assert watcher.stdout.readline() == "initech: built\n"
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(20) == 0
    assert state(owner, NAME) == "active"

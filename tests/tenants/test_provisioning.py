"""Building tenants: stopped, late and repeated, by the owner in processes of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

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


def request_initech() -> None:
    run("create_tenant", NAME, "--domain", f"{NAME}.localhost")


@pytest.fixture
def owner(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The owner's connection; the tenant that a test makes is removed through it."""
    role = sql.Identifier(os.environ.get("TENANT_ROLE_PREFIX", "t_") + NAME)
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        yield connection
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(NAME)))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        mine = "SELECT id FROM public.tenants_tenant WHERE schema_name = %s"
        connection.execute(f"DELETE FROM public.tenants_domain WHERE tenant_id IN ({mine})", [NAME])
        connection.execute("DELETE FROM public.tenants_tenant WHERE schema_name = %s", [NAME])


def tables(owner: psycopg.Connection, schema: str) -> list[str]:
    return [name for (name,) in owner.execute(TABLES, [schema])]


def migrations(owner: psycopg.Connection, schema: str) -> list[tuple[str, str]]:
    return owner.execute(sql.SQL(MIGRATIONS).format(sql.Identifier(schema))).fetchall()


def state(owner: psycopg.Connection, schema: str) -> str | None:
    row = owner.execute("SELECT state FROM public.tenants_tenant WHERE schema_name = %s", [schema]).fetchone()
    return row[0] if row else None


def empty_the_template(owner: psycopg.Connection) -> None:
    """What a run leaves that was stopped before the template's migration was committed."""
    owner.execute("DROP SCHEMA tenant_template CASCADE")
    owner.execute("CREATE SCHEMA tenant_template")


def test_a_tenant_is_built_whole_from_a_template_that_was_left_empty(owner: psycopg.Connection) -> None:
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


def test_a_tenant_that_waits_does_not_stop_the_migration_of_the_others(owner: psycopg.Connection) -> None:
    request_initech()
    said = run("migrate_schemas")
    assert [f"{name}: 0 migrations" in said for name in ("public", "acme", "globex", NAME)] == [True] * 3 + [False]
    assert "django_migrations" not in tables(owner, "extensions")


def test_a_schema_that_does_not_exist_cannot_be_migrated(owner: psycopg.Connection) -> None:
    request_initech()
    said = run("migrate_schemas", "--schema", NAME, fails=True)
    assert said == "CommandError: The schema initech does not exist.\n"
    assert "django_migrations" not in tables(owner, "extensions")


def test_whoever_watches_builds_what_is_asked_for_later(owner: psycopg.Connection) -> None:
    with start("provision", "--watch", "0.1") as watcher:
        assert watcher.stdout
        request_initech()
        assert watcher.stdout.readline() == "initech: built\n"
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(20) == 0
    assert state(owner, NAME) == "active"

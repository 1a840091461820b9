"""pytest plugin (``-p tests.engines``): real servers for the suite, before Django reads its settings.

``DATABASE_URL`` (a role that may create roles and databases) and ``REDIS_URL`` choose running servers, of which
only a database of our own and database 15 are touched. Without them embedded ones are started and thrown away.

Where xdist runs workers, the run that starts them builds the suite's tenants once, stops its PostgreSQL, and each
worker starts its own on a copy of the folder: building them takes longer than most files of tests.
"""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from operations.database import drop_database, prepare_database
from operations.embedded import PASSING_POSTGRES, PASSING_VALKEY, Engine, PostgreSQL, Valkey

_CHOICES = ("DATABASE_URL", "REDIS_URL")
_SEED = "FORGE_SEED"
"""Names the variable in which the workers of xdist find the database that they copy, and its folder."""
_WITHOUT_ENGINES = {"-h", "--help", "--version", "-V", "--collect-only", "--co", "--fixtures", "--markers"}


class Seed(NamedTuple):
    """A stopped PostgreSQL that holds the suite's tenants."""

    database: str
    folder: str


class Engines(NamedTuple):
    """What was brought up: the variables that the suite runs with, and a function that leaves no trace of it."""

    variables: dict[str, str]
    postgres: PostgreSQL | None
    stop: Callable[[], None]


def start(environment: dict[str, str], *, seed: Seed | None = None) -> Engines:
    """Bring up what the environment does not name.

    Args:
        seed: what the database is a copy of; None: it is empty.
    """
    name = seed.database if seed else f"test_forge_{secrets.token_hex(4)}"
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="forge-tests-"))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        if seed:
            # The copy keeps the server's own user as its owner.
            subprocess.run(["cp", "-a", seed.folder, folder / "postgres"], check=True)
        variables = {"SECRET_KEY": secrets.token_hex(32), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        given = environment.get("DATABASE_URL")
        postgres = None if given else PostgreSQL(folder / "postgres", settings=PASSING_POSTGRES)
        if given:
            # Roles belong to the whole server: ours must not meet those of another suite or of a real installation.
            variables["TENANT_ROLE_PREFIX"] = f"{name}_"
            cleanup.callback(_drop, given, name)
        variables |= _database(_started(postgres, cleanup) if postgres else str(given), name)
        variables |= _redis(environment.get("REDIS_URL"), name, folder, cleanup)
        return Engines(variables, postgres, cleanup.pop_all().close)


def _database(admin: str, name: str) -> dict[str, str]:
    urls = prepare_database(admin, database=name, password=secrets.token_hex(16))
    return {
        **urls.variables,
        "ADMIN_DATABASE_URL": admin,
        "OWNER_DATABASE_URL": urls.owner,
    }


def _redis(given: str | None, name: str, folder: Path, cleanup: contextlib.ExitStack) -> dict[str, str]:
    if given:
        return {"REDIS_URL": urlsplit(given)._replace(path="/15").geturl(), "REDIS_KEY_PREFIX": f"{name}."}
    return {"REDIS_URL": _started(Valkey(folder / "valkey", settings=PASSING_VALKEY), cleanup)}


def _started(engine: Engine, cleanup: contextlib.ExitStack) -> str:
    cleanup.callback(engine.stop)
    return engine.start().url


def _drop(admin: str, name: str) -> None:
    """Drop our databases (Django's own test database too) and, once nothing depends on them, our roles."""
    with psycopg.connect(admin, autocommit=True) as connection:
        for query, statement in (
            ("SELECT datname FROM pg_database WHERE datname ~ %s", "DROP DATABASE IF EXISTS {} WITH (FORCE)"),
            # Tenants' roles first: the owner granted them and cannot go before.
            ("SELECT rolname FROM pg_roles WHERE rolname ~ %s ORDER BY rolname ~ '_owner$'", "DROP ROLE IF EXISTS {}"),
        ):
            for (found,) in connection.execute(query, [f"^(test_)?{name}(_|$)"]).fetchall():
                connection.execute(sql.SQL(statement).format(sql.Identifier(found)))
    drop_database(admin, database=name)


def _given() -> dict[str, str]:
    """The servers that whoever started the run has chosen. A worker of xdist is told by the run that started it."""
    told = os.environ.setdefault(
        "FORGE_GIVEN_ENGINES", json.dumps({name: os.environ[name] for name in _CHOICES if name in os.environ})
    )
    chosen: dict[str, str] = json.loads(told)
    return chosen


def _sown() -> Seed | None:
    """What the run that started this worker of xdist has built for it."""
    told = os.environ.get(_SEED) if "PYTEST_XDIST_WORKER" in os.environ else None
    return Seed(*json.loads(told)) if told else None


def is_sown() -> bool:
    """Whether the database came with the suite's tenants."""
    return _sown() is not None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Build the tenants before there are workers, for all of them. A server that was given holds one set a worker."""
    if _engines and _engines.postgres:
        subprocess.run([sys.executable, "-m", "tests.provisioned"], check=True)
        _engines.postgres.stop()
        database = urlsplit(_engines.variables["DATABASE_URL"]).path.removeprefix("/")
        os.environ[_SEED] = json.dumps([database, str(_engines.postgres.folder)])


_engines: Engines | None = None
if not _WITHOUT_ENGINES.intersection(sys.argv):
    # A terminated run is an interrupted one: pytest reports, and what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _engines = start(_given(), seed=_sown())
    atexit.register(_engines.stop)
    os.environ.update(_engines.variables)

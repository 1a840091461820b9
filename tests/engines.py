"""pytest plugin (``-p tests.engines``): real servers for the suite, before Django reads its settings.

``DATABASE_URL`` (a role that may create roles and databases) and ``REDIS_URL`` choose running servers, of which
only a database of our own and database 15 are touched. Without them embedded ones are started and thrown away.
"""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from operations.database import drop_database, prepare_database
from operations.embedded import PASSING_POSTGRES, PASSING_VALKEY, Engine, PostgreSQL, Valkey

_CHOICES = ("DATABASE_URL", "REDIS_URL")
_WITHOUT_ENGINES = {"-h", "--help", "--version", "-V", "--collect-only", "--co", "--fixtures", "--markers"}


def start(environment: dict[str, str]) -> tuple[dict[str, str], Callable[[], None]]:
    """Bring up what the environment does not name.

    Returns:
        The variables that the suite runs with, and a function that leaves no trace of them.
    """
    name = f"test_forge_{secrets.token_hex(4)}"
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="forge-tests-"))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        variables = {"SECRET_KEY": secrets.token_hex(32), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        variables |= _database(environment.get("DATABASE_URL"), name, folder, cleanup)
        variables |= _redis(environment.get("REDIS_URL"), name, folder, cleanup)
        return variables, cleanup.pop_all().close


def _database(given: str | None, name: str, folder: Path, cleanup: contextlib.ExitStack) -> dict[str, str]:
    variables = {}
    if given:
        admin = given
        # Roles belong to the whole server: ours must not meet those of another suite or of a real installation.
        variables["TENANT_ROLE_PREFIX"] = f"{name}_"
        cleanup.callback(_drop, admin, name)
    else:
        admin = _started(PostgreSQL(folder / "postgres", settings=PASSING_POSTGRES), cleanup)
    urls = prepare_database(admin, database=name, password=secrets.token_hex(16))
    return variables | {
        "ADMIN_DATABASE_URL": admin,
        "DATABASE_URL": urls.login,
        "OWNER_DATABASE_URL": urls.owner,
        "MONITOR_DATABASE_URL": urls.monitor,
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


if not _WITHOUT_ENGINES.intersection(sys.argv):
    # A terminated run is an interrupted one: pytest reports, and what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _variables, _stop = start(_given())
    atexit.register(_stop)
    os.environ.update(_variables)

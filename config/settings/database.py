"""PostgreSQL. Web, workers, inbox runner and beat sign in with the login role of their kind; a process that is given
OWNER_DATABASE_URL (migrations and provisioning, nothing else) works as the owner."""

import re
import sys
from pathlib import Path
from typing import Any

import environ

from config.settings.environment import env


def _database(url: str, **settings: Any) -> dict[str, Any]:
    return {**environ.Env.db_url_config(url), "ENGINE": "tenants.postgresql_backend", "CONN_MAX_AGE": 0, **settings}


OWNER_DATABASE_URL = env.str("OWNER_DATABASE_URL", default="")
# Seconds that a migration waits for a table that is in use: whoever else needs it stands behind the migration. It tries
# so many times, a second apart.
MIGRATION_LOCK_TIMEOUT = env.float("MIGRATION_LOCK_TIMEOUT", default=2.0)
MIGRATION_LOCK_TRIES = env.int("MIGRATION_LOCK_TRIES", default=20)


def process_kind(argv: list[str]) -> str:
    """What a process is, by its command line: each kind has a pool and a login role of its own.

    web (and commands), ingest (workers that judge reports), worker (all other workers), inbox, beat.
    """
    program, given = Path(argv[0]) if argv else Path(), argv[1:]
    if program.name == "manage.py" and given[:1] == ["inbox"]:
        return "inbox"
    if "celery" not in (program.name, program.parent.name if program.name == "__main__.py" else ""):
        return "web"
    if "worker" in given:
        # Celery takes -Q a,b and -Qa,b and --queues=a,b; without any a worker has the default queue.
        queues = re.search(r"(?:^| )(?:-Q ?|--queues[ =])(\S+)", " ".join(given))
        return "ingest" if queues is None or "inbox" in queues[1].split(",") else "worker"
    return "beat" if "beat" in given else "web"


PROCESS_KIND = env.str("PROCESS_KIND", default=process_kind(sys.argv))
# Connections of one process; 0: one a thread, no pool. A worker does one task at a time, or as many as it has threads.
_POOLS = {"web": 16, "ingest": 5, "worker": 5, "inbox": 3, "beat": 2}
DATABASE_POOL_MAX = env.int("DATABASE_POOL_MAX", default=_POOLS[PROCESS_KIND])
# Seconds that work waits for a connection before it fails.
DATABASE_POOL_TIMEOUT = env.float("DATABASE_POOL_TIMEOUT", default=30.0)
# All but the web give back what they do not use: a role's connections are for all processes of its kind.
DATABASE_POOL = (
    {
        "min_size": 1 if PROCESS_KIND == "web" else 0,
        "max_size": DATABASE_POOL_MAX,
        "timeout": DATABASE_POOL_TIMEOUT,
        "max_idle": 600 if PROCESS_KIND == "web" else 30,
    }
    if DATABASE_POOL_MAX
    else None
)


def database_settings(login_url: str, owner_url: str) -> dict[str, dict[str, Any]]:
    """DATABASES for this process: the owner's connection where it was given one, else the pool of its kind's role.

    Args:
        login_url: the web's, and of every kind that is given none of its own (``INGEST_DATABASE_URL`` and so on).
    """
    if owner_url:
        return {"default": _database(owner_url, ASSUME_TENANT_ROLE=False)}
    options = {"pool": DATABASE_POOL} if DATABASE_POOL else {}
    own = "" if PROCESS_KIND == "web" else env.str(f"{PROCESS_KIND.upper()}_DATABASE_URL", default="")
    return {"default": _database(own or login_url, ASSUME_TENANT_ROLE=True, OPTIONS=options)}

"""PostgreSQL. Web and workers sign in with the login role; a process that is given OWNER_DATABASE_URL (migrations and
provisioning, nothing else) works as the owner."""

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
DATABASE_POOL_MAX = env.int("DATABASE_POOL_MAX", default=16)  # 0: one connection a thread, no pool
DATABASE_POOL = {"min_size": 1, "max_size": DATABASE_POOL_MAX, "timeout": 10} if DATABASE_POOL_MAX else None


def database_settings(login_url: str, owner_url: str) -> dict[str, dict[str, Any]]:
    """DATABASES for this process: the owner's connection where it was given one, else the login role's pool."""
    if owner_url:
        return {"default": _database(owner_url, ASSUME_TENANT_ROLE=False)}
    options = {"pool": DATABASE_POOL} if DATABASE_POOL else {}
    return {"default": _database(login_url, ASSUME_TENANT_ROLE=True, OPTIONS=options)}

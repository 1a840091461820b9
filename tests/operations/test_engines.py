"""The suite's own servers: on a running server it takes only what is its own, and leaves nothing."""

import os

import psycopg

from tests import engines

ADMIN = os.environ["ADMIN_DATABASE_URL"]


def names(query: str) -> set[str]:
    with psycopg.connect(ADMIN) as connection:
        return {name for (name,) in connection.execute(query.encode())}


def everything() -> tuple[set[str], set[str]]:
    return names("SELECT datname FROM pg_database"), names("SELECT rolname FROM pg_roles")


def test_nothing_is_left_on_a_running_server() -> None:
    before = everything()
    variables, _, stop = engines.start({"DATABASE_URL": ADMIN, "REDIS_URL": os.environ["REDIS_URL"]})
    try:
        prefix = variables["TENANT_ROLE_PREFIX"]
        with psycopg.connect(variables["OWNER_DATABASE_URL"], autocommit=True) as owner:
            for statement in (
                f'CREATE ROLE "{prefix}acme"',
                "CREATE SCHEMA acme",
                f'GRANT USAGE ON SCHEMA acme TO "{prefix}acme"',
                f'GRANT "{prefix}acme" TO "{prefix}login"',
            ):
                owner.execute(statement.encode())
    finally:
        stop()
    assert everything() == before


def test_a_running_redis_is_used_beside_its_owners_data() -> None:
    variables, _, stop = engines.start({"DATABASE_URL": ADMIN, "REDIS_URL": "redis://redis.example.com:6379/0"})
    stop()
    assert variables["REDIS_URL"] == "redis://redis.example.com:6379/15"
    assert variables["REDIS_KEY_PREFIX"].startswith("test_forge_")

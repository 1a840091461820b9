"""Make a database and the roles that hold its tenants apart. Needs no Django: it runs before there is one.

None of the roles that sign in is a superuser:

* *owner* creates schemas and tenant roles and owns every table; only provisioning and migrations hold it;
* *login* is the web's: it owns nothing, inherits nothing and assumes one tenant's role at a time;
* *ingest* (workers that judge reports), *worker* (all other workers), *inbox* (``manage.py inbox``) and *beat* may do
  what *login* may, each with connections of its own: however many reports wait, the web has its share;
* *monitor* reads the server's statistics, which a tenant's role may not see.
"""

import argparse
import contextlib
import os
import secrets
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

EXTENSIONS = ("pg_trgm", "pg_stat_statements")
# Set on the login role, because settings of a role that is only assumed (SET ROLE) never take effect.
LOGIN_TIMEOUTS = {"statement_timeout": "60s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "120s"}


# How many connections each may have at a time, all its processes together; the server's max_connections (100 where
# nobody has changed it) must hold the sum.
CONNECTION_LIMITS = {"login": 50, "ingest": 5, "worker": 10, "inbox": 5, "beat": 2, "monitor": 5}
BESIDE_LOGIN = ("ingest", "worker", "inbox", "beat")
_KINDS = ("login", "owner", "monitor", *BESIDE_LOGIN)


class DatabaseUrls(NamedTuple):
    """Where the roles sign in."""

    login: str
    owner: str
    monitor: str
    ingest: str
    worker: str
    inbox: str
    beat: str

    @property
    def variables(self) -> dict[str, str]:
        """As the settings read them; the owner's is for few processes and left out."""
        named = {f"{kind.upper()}_DATABASE_URL": getattr(self, kind) for kind in ("monitor", *BESIDE_LOGIN)}
        return {"DATABASE_URL": self.login, **named}


def prepare_database(
    admin_url: str, *, database: str, password: str, limits: Mapping[str, int] | None = None
) -> DatabaseUrls:
    """Create the database ``database`` and its roles, or bring them back to what they should be.

    Args:
        admin_url: a role that may create databases and roles (usually the server's superuser).
        database: also the prefix of the roles' names.
        password: of the roles; running again sets it anew.
        limits: connections by role, over ``CONNECTION_LIMITS``; -1: as many as the server has.
    """
    roles = {kind: f"{database}_{kind}" for kind in _KINDS}
    limited = {kind: f" CONNECTION LIMIT {limit}" for kind, limit in {**CONNECTION_LIMITS, **(limits or {})}.items()}
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _ensure_role(admin, roles["owner"], "CREATEROLE INHERIT", password)
        for kind in ("login", *BESIDE_LOGIN):
            attributes = "NOINHERIT NOCREATEROLE NOCREATEDB NOBYPASSRLS" + limited[kind]
            _ensure_role(admin, roles[kind], attributes, password)
            _bound_waiting(admin, roles[kind])
        _let_assume(admin, roles)
        _ensure_role(admin, roles["monitor"], "INHERIT" + limited["monitor"], password)
        _run(admin, "GRANT pg_monitor TO {monitor}", **roles)
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            # An administrator that is no superuser must belong to the role it gives the database to.
            _run(admin, "GRANT {owner} TO CURRENT_USER", **roles)
            _run(admin, "CREATE DATABASE {database} OWNER {owner} TEMPLATE template0", database=database, **roles)
    with psycopg.connect(_with_database(admin_url, database), autocommit=True) as admin:
        _lock_down(admin, database, roles)
    return DatabaseUrls(*(_url(admin_url, roles[kind], password, database) for kind in _KINDS))


def drop_database(admin_url: str, *, database: str) -> None:
    """Drop what ``prepare_database`` made. Tenants' roles, which belong to the whole server, must be gone before."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _run(admin, "DROP DATABASE IF EXISTS {database} WITH (FORCE)", database=database)
        for kind in _KINDS:
            _run(admin, "DROP ROLE IF EXISTS {role}", role=f"{database}_{kind}")


def _bound_waiting(admin: psycopg.Connection, role: str) -> None:
    for name, value in LOGIN_TIMEOUTS.items():
        _run(admin, f"ALTER ROLE {{role}} SET {name} = '{value}'", role=role)
    _run(admin, "ALTER ROLE {role} SET search_path = pg_catalog, pg_temp", role=role)


def _let_assume(admin: psycopg.Connection, roles: dict[str, str]) -> None:
    """Whom *login* may become, they may become too: a new tenant's role is granted once, to *login*."""
    how = " WITH INHERIT FALSE, SET TRUE" if admin.info.server_version >= 160000 else ""  # NOINHERIT says it before 16
    for kind in BESIDE_LOGIN:
        _run(admin, f"GRANT {{login}} TO {{role}}{how}", login=roles["login"], role=roles[kind])


def _lock_down(admin: psycopg.Connection, database: str, roles: dict[str, str]) -> None:
    # A temporary table shadows the tables of the next tenant on a pooled connection: nobody may make one.
    _run(admin, "REVOKE ALL ON DATABASE {database} FROM PUBLIC", database=database)
    for kind in ("login", "monitor", *BESIDE_LOGIN):
        _run(admin, "GRANT CONNECT ON DATABASE {database} TO {role}", database=database, role=roles[kind])
    _run(admin, "ALTER SCHEMA public OWNER TO {owner}", **roles)
    _run(admin, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    # Not the owner's: it stands in every tenant's path, so nothing may be created in it by accident.
    _run(admin, "CREATE SCHEMA IF NOT EXISTS extensions")
    _run(admin, "GRANT USAGE ON SCHEMA extensions TO PUBLIC")
    _revoke_text_runners(admin, roles)
    for extension in EXTENSIONS:
        _run(admin, "CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA extensions", extension=extension)


def _revoke_text_runners(admin: psycopg.Connection, roles: dict[str, str]) -> None:
    """Take functions from the tenants' roles with which one statement could assume another role and go on.

    ``set_config('role', …)`` changes the role in the middle of a statement; the others run SQL that they are given as
    text. Only a superuser may revoke them; on a server that lends none, ADR 0001 says what remains.
    """
    found = admin.execute(
        "SELECT proname, pg_get_function_identity_arguments(oid) FROM pg_proc "
        "WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname = ANY(%s) OR proname LIKE '%%to_xml%%')",
        [["set_config", "ts_stat", "ts_rewrite"]],
    ).fetchall()
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        for name, arguments in found:
            function = sql.SQL(f"pg_catalog.{{}}({arguments})").format(sql.Identifier(name))
            admin.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function))
            if name == "set_config":
                # Django sets the time zone with it when it connects, before any tenant's role is assumed.
                for kind in _KINDS:
                    grantee = sql.Identifier(roles[kind])
                    admin.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, grantee))


def _ensure_role(admin: psycopg.Connection, role: str, attributes: str, password: str) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    statement = sql.SQL(f"{verb} ROLE {{}} LOGIN {attributes} PASSWORD {{}}")
    admin.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _run(admin: psycopg.Connection, statement: str, **names: str) -> None:
    admin.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database)}"))


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    host = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@{host}/{quote(database)}"


def main() -> None:
    """Prepare a database on the server that ADMIN_DATABASE_URL names, and print the URLs to use it with."""
    parser = argparse.ArgumentParser(prog="python -m operations.database", description=main.__doc__)
    parser.add_argument("name", help="the database's name, also the prefix of its roles")
    database = parser.parse_args().name
    password = os.environ.get("FORGE_DATABASE_PASSWORD") or secrets.token_urlsafe(24)
    urls = prepare_database(
        os.environ["ADMIN_DATABASE_URL"], database=database, password=password, limits=limits_of(os.environ)
    )
    for name, url in {**urls.variables, "OWNER_DATABASE_URL": urls.owner}.items():
        print(f"{name}={url}")  # noqa: T201


def limits_of(environment: Mapping[str, str]) -> dict[str, int]:
    """The limits that the environment names: ``INGEST_CONNECTION_LIMIT=10``; *login*'s is ``WEB_CONNECTION_LIMIT``."""
    names = {kind: f"{'WEB' if kind == 'login' else kind.upper()}_CONNECTION_LIMIT" for kind in CONNECTION_LIMITS}
    return {kind: int(environment[name]) for kind, name in names.items() if environment.get(name)}


if __name__ == "__main__":
    main()

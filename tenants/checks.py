"""System checks: what would let one tenant's work reach another's data is refused before the first request."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.utils import OperationalError

INHERITED_MEMBERSHIPS = """
    SELECT pg_get_userbyid(m.roleid) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE r.rolname = session_user AND {inherits} ORDER BY 1
"""
ROLE_FACTS = """
    SELECT rolconnlimit, rolsuper, rolbypassrls, rolcreaterole,
        has_database_privilege(session_user, current_database(), 'TEMP'),
        EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relowner = r.oid AND n.nspname NOT LIKE 'pg\\_%')
    FROM pg_roles r WHERE rolname = session_user
"""


@register()
def check_isolation_settings(**_: Any) -> list[CheckMessage]:
    """Settings under which the isolation would leak."""
    problems: list[CheckMessage] = []
    if getattr(settings, "TENANT_LIMIT_SET_CALLS", False):
        problems.append(
            Error(
                "TENANT_LIMIT_SET_CALLS is on: an injected set_config('role', …) would outlive its statement.",
                hint="Leave it off.",
                id="tenants.E001",
            )
        )
    for alias, database in settings.DATABASES.items():
        if database.get("OPTIONS", {}).get("prepare_threshold") is not None:
            problems.append(
                Error(
                    f"Database '{alias}' prepares statements, which fail while tenants are half migrated.",
                    hint="Remove prepare_threshold from its OPTIONS.",
                    id="tenants.E002",
                )
            )
    return problems


@register(Tags.database)
def check_login_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The role that web and workers sign in with must not be able to pass the isolation by."""
    return [problem for alias in _guarded(databases) for problem in _role_problems(alias)]


@register(Tags.database)
def check_pooling(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A pooler that hands a server connection over between statements mixes the tenants up."""
    return [problem for alias in _guarded(databases) for problem in _pooling_problems(alias)]


def _guarded(databases: Sequence[str] | None) -> list[str]:
    aliases = [alias for alias in databases or [] if connections[alias].vendor == "postgresql"]
    return [alias for alias in aliases if connections[alias].settings_dict.get("ASSUME_TENANT_ROLE", True)]


def _role_problems(alias: str) -> Iterator[CheckMessage]:
    try:
        with _own_connection(alias) as connection:
            facts = connection.execute(ROLE_FACTS).fetchone()
            inherits = "m.inherit_option" if connection.info.server_version >= 160000 else "r.rolinherit"
            inherited = connection.execute(INHERITED_MEMBERSHIPS.format(inherits=inherits)).fetchall()
    except (psycopg.OperationalError, OperationalError) as error:
        yield Error(f"Database '{alias}' cannot be reached: {str(error).strip()}", id="tenants.E003")
        return
    limit, superuser, bypasses_rls, creates_roles, makes_temporary, owns = facts or (-1, *[True] * 5)
    pool = (connections[alias].settings_dict["OPTIONS"].get("pool") or {}).get("max_size", 0)
    if 0 <= limit < pool:
        yield Warning(
            f"Database '{alias}' allows this process's role {limit} connections in all, its pool wants up to {pool}.",
            hint="Lower DATABASE_POOL_MAX, or raise the role's limit (python -m operations.database).",
            id="tenants.W006",
        )
    findings = {
        "is a superuser": superuser,
        "may bypass row security": bypasses_rls,
        "may create roles": creates_roles,
        "may make temporary tables": makes_temporary,
        "owns tables": owns,
        f"inherits the rights of {', '.join(name for (name,) in inherited)}": bool(inherited),
    }
    for finding in (text for text, holds in findings.items() if holds):
        yield Error(
            f"The login role of database '{alias}' {finding}: a tenant's role would not hold it.",
            hint="Sign in with a role made by `python -m operations.database`, and keep OWNER_DATABASE_URL to "
            "provisioning.",
            id="tenants.E004",
        )


def _pooling_problems(alias: str) -> Iterator[CheckMessage]:
    try:
        with _own_connection(alias) as one, _own_connection(alias) as other:
            shared = any(_backend(one) == _backend(other) for _ in range(5))
            wandering = len({_backend(one) for _ in range(5)}) > 1
    except (psycopg.OperationalError, OperationalError):
        return  # check_login_role says it
    if shared or wandering:
        yield Error(
            f"Database '{alias}' is behind a pooler in transaction or statement mode: it gives one server "
            "connection to two clients, and so one tenant's schema and role to another's statements.",
            hint="Set PgBouncer's pool_mode to session, or connect to PostgreSQL directly.",
            id="tenants.E005",
        )


def _backend(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def _own_connection(alias: str) -> psycopg.Connection:
    parameters = connections[alias].get_connection_params()
    keep = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "service")
    return psycopg.connect(
        **{name: parameters[name] for name in keep if name in parameters},
        autocommit=True,
        connect_timeout=5,
        prepare_threshold=None,
    )

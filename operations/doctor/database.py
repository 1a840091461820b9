"""PostgreSQL: the server, the roles, the connections, the clock."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from operations.database import BESIDE_LOGIN, EXTENSIONS
from operations.doctor.findings import Told, fail, ok, warn
from tenants.checks import check_login_role, check_pooling
from tenants.current import connection

OLDEST = 150000
"""PostgreSQL 15."""
_SETUP = "Run `python -m operations.database NAME` with ADMIN_DATABASE_URL, and use the URLs that it prints."
_LIMITS = """
    SELECT r.rolname, r.rolconnlimit, (SELECT count(*) FROM pg_stat_activity a WHERE a.usename = r.rolname)
    FROM pg_roles r WHERE r.rolname = ANY(%s) ORDER BY 1
"""


def check_server() -> Iterator[Told]:
    """It answers, is new enough and has what we need."""
    with _login() as own:
        version = own.info.server_version
        row = own.execute("SELECT array_agg(extname::text) FROM pg_extension").fetchone()
        missing = sorted(set(EXTENSIONS) - set(row[0] if row else []))
        recovering = own.execute("SELECT pg_is_in_recovery()").fetchone()
    said = f"PostgreSQL {version // 10000}.{version % 10000}"
    if version < OLDEST:
        yield fail(f"{said} is too old.", "Upgrade to PostgreSQL 15 or newer.")
    if recovering == (True,):
        yield fail(f"{said} is a standby: nothing can be written.", "Point DATABASE_URL at the primary.")
    if missing:
        yield fail(f"Extensions are missing: {', '.join(missing)}.", _SETUP)
    if version >= OLDEST and not missing:
        yield ok(f"{said} at {urlsplit(os.environ.get('DATABASE_URL', '')).hostname or 'its socket'}")


def check_isolation() -> Iterator[Told]:
    """The role that we sign in with cannot pass the tenants' roles by, and no pooler mixes them up."""
    found = [*check_login_role(databases=["default"]), *check_pooling(databases=["default"])]
    for message in found:
        yield fail(f"{message.id}: {message.msg}", message.hint or _SETUP)
    if not found:
        yield ok("the login role owns nothing, inherits nothing and makes no temporary tables; no pooler mixes tenants")


def check_roles() -> Iterator[Told]:
    """Each kind of process signs in with a role of its own."""
    for kind in BESIDE_LOGIN:
        name = f"{kind.upper()}_DATABASE_URL"
        url = os.environ.get(name, "")
        if not url:
            yield warn(f"{name} is not set: this kind takes connections from the web.", _SETUP)
            continue
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "too many connections for role" not in str(error):
                yield fail(f"{name}: {_first_line(error)}", _SETUP)
                continue
            yield warn(f"{name}: all of its connections are taken.", "docs/operations/load.md, How to count.")
        else:
            yield ok(f"{name} signs in")


def check_connections() -> Iterator[Told]:
    """The limits of all roles fit into the server, and none is nearly reached."""
    with _login() as own:
        setting = own.execute("SELECT current_setting('max_connections')::int").fetchone()
        row = own.execute("SELECT session_user::text").fetchone()
        user, most = str(row[0]) if row else "", int(setting[0]) if setting else 0
        prefix = user.removesuffix("_login")
        names = [user, *(f"{prefix}_{kind}" for kind in (*BESIDE_LOGIN, "monitor"))]
        limits = own.execute(_LIMITS, [names]).fetchall()
    total = sum(limit for _, limit, _ in limits if limit > 0)
    unlimited = [name for name, limit, _ in limits if limit < 0]
    if unlimited:
        yield warn(f"{', '.join(unlimited)} may take every connection that the server has.", _SETUP)
    if total > most - 10:
        yield warn(
            f"The roles' limits sum up to {total} of {most} connections: too few are left for administrators.",
            "Raise max_connections, or lower the limits (docs/operations/load.md).",
        )
    for name, limit, used in limits:
        if limit > 0 and used >= 0.8 * limit:
            yield warn(f"{name} uses {used} of {limit} connections.", "docs/operations/load.md, How to count.")
    yield ok(f"limits {total} of {most}; now {', '.join(f'{name} {used}/{limit}' for name, limit, used in limits)}")


def check_owner_and_monitor() -> Iterator[Told]:
    """Whoever is given the owner's or the monitor's URL can use it."""
    for name, asks in (
        ("OWNER_DATABASE_URL", "SELECT pg_has_role(session_user, 'pg_database_owner', 'MEMBER')"),
        ("MONITOR_DATABASE_URL", "SELECT pg_has_role(session_user, 'pg_monitor', 'USAGE')"),
    ):
        if not (url := os.environ.get(name, "")):
            continue
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as own:
            holds = own.execute(asks).fetchone() == (True,)
        yield ok(f"{name} has its rights") if holds else fail(f"{name} lacks its rights.", _SETUP)


def check_clock() -> Iterator[Told]:
    """This host and the database agree on the time: claims, verdicts and overrides end by it."""
    with _login() as own:
        began = time.time()
        row = own.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        middle = (began + time.time()) / 2
    apart = abs(middle - (row[0] if row else 0.0))
    said = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, {apart:.2f} s apart from the database"
    mend = "Run an NTP client (chrony, systemd-timesyncd) on both hosts."
    yield fail(said, mend) if apart > 30 else warn(said, mend) if apart > 2 else ok(said)


def _login() -> psycopg.Connection:
    """A connection beside the pool: a full one must not keep the doctor out."""
    if settings.OWNER_DATABASE_URL and os.environ.get("DATABASE_URL"):
        return psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5, autocommit=True)
    parameters = connection.get_connection_params()
    keep = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "service")
    stated = {name: parameters[name] for name in keep if name in parameters}
    return psycopg.connect(**stated, connect_timeout=5, autocommit=True)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]

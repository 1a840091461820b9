"""A real PgBouncer: session mode is let through, transaction mode is refused."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from operations.processes import spawn, stop, unprivileged
from tenants.checks import check_pooling
from tenants.current import connection
from tests.running import wait_until

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed (apt install pgbouncer)"),
]


@pytest.fixture(params=["session", "transaction"])
def pooler(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """PgBouncer in one of its modes, and Django's connection going through it."""
    server = urlsplit(os.environ["DATABASE_URL"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "users").write_text(f'"{server.username}" "{server.password}"\n', encoding="utf-8")
    (tmp_path / "ini").write_text(
        f"[databases]\n* = host={server.hostname} port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {tmp_path}/users\n"
        f"pool_mode = {request.param}\nmax_client_conn = 20\n",
        encoding="utf-8",
    )
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(0o755)
        if folder.name.startswith("pytest-of-"):
            break
    command = [shutil.which("pgbouncer") or "", str(tmp_path / "ini")]
    process = spawn(command, log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ), runs_as=unprivileged())
    parameters = {**connection.get_connection_params(), "port": port}
    monkeypatch.setattr(connection, "get_connection_params", lambda: parameters)
    wait_until(lambda: _answers(port), within=30, what="PgBouncer answers")
    yield request.param
    stop([process], signals=[signal.SIGTERM], patience=5)


def test_only_a_pooler_in_session_mode_is_let_through(pooler: str) -> None:
    problems = [problem.id for problem in check_pooling(databases=["default"])]
    assert problems == ([] if pooler == "session" else ["tenants.E005"])


def _answers(port: int) -> bool:
    server = urlsplit(os.environ["DATABASE_URL"])
    try:
        url = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{port}").geturl()
        with psycopg.connect(url, autocommit=True) as own:
            return own.execute("SELECT 1").fetchone() == (1,)
    except (psycopg.OperationalError, subprocess.SubprocessError):
        return False

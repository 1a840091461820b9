"""The embedded servers: closed to strangers, kept between starts, gone with whoever started them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from operations import embedded
from operations.embedded import PASSING_POSTGRES, PASSING_VALKEY, Engine, EngineError, PostgreSQL, Valkey
from operations.processes import take_lock

ROOT = Path(__file__).parents[2]
SUPERVISOR = """
import signal, sys
from pathlib import Path
from operations.embedded import PostgreSQL, Valkey
postgres, valkey = PostgreSQL(Path(sys.argv[1])).start(), Valkey(Path(sys.argv[2])).start()
print(postgres.port, valkey.port, flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that has run once."""
    folder = tmp_path_factory.mktemp("postgres")
    with PostgreSQL(folder, settings=PASSING_POSTGRES):
        return folder


@pytest.fixture
def postgres(cluster: Path) -> Iterator[PostgreSQL]:
    with PostgreSQL(cluster, settings=PASSING_POSTGRES) as engine:
        yield engine


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path, settings=PASSING_VALKEY) as engine:
        yield engine


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def is_open(port: int | None) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port or 0)) == 0


def test_postgresql_measures_its_statements(postgres: PostgreSQL) -> None:
    assert ask(postgres.url, "SHOW shared_preload_libraries") == "pg_stat_statements"


def test_postgresql_refuses_a_wrong_password(postgres: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(f"postgresql://postgres:guess@127.0.0.1:{postgres.port}/postgres", "SELECT 1")


def test_valkey_refuses_a_wrong_password(valkey: Valkey) -> None:
    assert redis.Redis.from_url(valkey.url).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://:guess@127.0.0.1:{valkey.port}/0").ping()


def test_the_password_lies_where_only_its_owner_reads_it(valkey: Valkey) -> None:
    assert (valkey.folder / "password").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_password_is_no_argument(valkey: Valkey) -> None:
    password = (valkey.folder / "password").read_bytes()
    assert password not in Path(f"/proc/{valkey.pid}/cmdline").read_bytes()


def test_postgresql_keeps_its_data(cluster: Path) -> None:
    with PostgreSQL(cluster) as engine:
        ask(engine.url, "DROP TABLE IF EXISTS kept")
        ask(engine.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with PostgreSQL(cluster) as engine:
        assert ask(engine.url, "SELECT answer FROM kept") == 42


def test_valkey_keeps_its_data(tmp_path: Path) -> None:
    with Valkey(tmp_path) as engine, redis.Redis.from_url(engine.url) as client:
        client.set("answer", 42)
    with Valkey(tmp_path) as engine, redis.Redis.from_url(engine.url) as client:
        assert client.get("answer") == b"42"


def test_a_stopped_server_is_gone(cluster: Path, tmp_path: Path) -> None:
    engines: list[Engine] = [PostgreSQL(cluster).start(), Valkey(tmp_path).start()]
    for engine in engines:
        engine.stop()
    assert [(engine.pid, is_open(engine.port)) for engine in engines] == [(None, False), (None, False)]


def test_a_folder_in_use_is_refused(postgres: PostgreSQL) -> None:
    holder = subprocess.run(
        [sys.executable, "-c", SUPERVISOR, postgres.folder, postgres.folder], cwd=ROOT, capture_output=True, text=True
    )
    assert f"{postgres.folder} is in use by another running instance (process {os.getpid()})" in holder.stderr
    assert ask(postgres.url, "SELECT 1") == 1


def test_servers_go_with_a_killed_supervisor(cluster: Path, tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, cluster, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with supervisor:
        assert supervisor.stdout
        ports = [int(port) for port in supervisor.stdout.readline().split()]
        supervisor.kill()
    for folder in (cluster, tmp_path):
        # Every process of a server holds its lock, so taking it means that all of them have ended.
        os.close(take_lock(folder / "lock", patience=30))
    assert [is_open(port) for port in ports] == [False, False]


def test_a_killed_server_starts_again_on_its_port(postgres: PostgreSQL) -> None:
    pid, port = postgres.pid, postgres.port
    assert pid
    os.kill(pid, signal.SIGKILL)
    postgres.stop()
    # The process id that the dead server left behind may be a living stranger's by now.
    stale = postgres.folder / "data" / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(pid), str(os.getpid()), 1))
    postgres.start()
    assert (postgres.port, ask(postgres.url, "SELECT 1")) == (port, 1)


def test_a_port_that_is_taken_is_passed_over(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [embedded._free_port(), taken.getsockname()[1]]
        monkeypatch.setattr(embedded, "_free_port", ports.pop)
        with PostgreSQL(cluster) as engine:
            assert (engine.port, ports) != (taken.getsockname()[1], [])
            assert ask(engine.url, "SELECT 1") == 1


def test_a_failed_start_says_why(cluster: Path) -> None:
    with pytest.raises(EngineError, match="unrecognized configuration parameter"):
        PostgreSQL(cluster, settings={"no_such_setting": "1"}).start()

"""Engines, database, tenants and processes of one data folder: what ``make demo`` starts and stops."""

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from operations.database import DatabaseUrls, prepare_database
from operations.demo.children import Children
from operations.demo.credentials import TENANTS
from operations.demo.programs import programs, provisioner
from operations.demo.telling import Addresses
from operations.embedded import PostgreSQL, Valkey
from operations.processes import spawn, sweep, tail, write_private

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "forge"
READY_SECONDS = 60.0
# What belongs to whoever called us and must not reach the demo's processes.
_FOREIGN = ("ADMIN_DATABASE_URL", "OWNER_DATABASE_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONWARNINGS")


class DemoError(Exception):
    """The demo cannot go on; the message is for the person who started it."""


class Site:
    """The demo of one data folder.

    Args:
        data: the folder; it is ours alone (the caller holds its lock).
        lock: the lock's descriptor, inherited by every process, so that the next start waits for the last of them.
        say: prints a line.
    """

    def __init__(
        self, data: Path, *, port: int, credentials: Mapping[str, Any], lock: int, say: Callable[[str], None]
    ) -> None:
        self.data = data
        self.port = port
        self._credentials = credentials
        self._lock = lock
        self._say = say
        self._logs = data / "log"
        self._logs.mkdir(mode=0o700, exist_ok=True)
        self._postgres = PostgreSQL(data / "postgres", log=self._logs / "postgres.log")
        self._valkey = Valkey(data / "valkey", log=self._logs / "redis.log")
        self._children: Children | None = None
        self._redis_is_gone = False

    @property
    def pids(self) -> dict[str, int | None]:
        """Every process we started, by name."""
        children = self._children.pids if self._children else {}
        return {**children, "postgres": self._postgres.pid, "redis": self._valkey.pid}

    def start(self, history: Mapping[str, Any]) -> None:
        """Start everything and wait until the web process answers.

        Args:
            history: what each tenant has behind it, as ``manage.py replay_demo`` reads it.

        Raises:
            DemoError, EngineError: something does not start; what was started is left to ``stop``.
        """
        self._say("Starting PostgreSQL and Valkey …")
        self._postgres.start()
        self._valkey.start()
        self._urls = self._prepare_database()
        self._build_tenants()
        self._replay(history)
        self._say("Starting web, workers, inbox runner and beat …")
        self._children = Children(logs=self._logs, cwd=ROOT, env=self._env(), keeps=[self._lock])
        self._children.start(programs(self.port))
        self._wait_until_ready()

    def build_on_request(self) -> None:
        """Start the provisioner. Not part of ``start``: its own start would take time from the first reports."""
        assert self._children  # noqa: S101
        self._children.start([provisioner(self._urls.owner)])

    def tend(self) -> list[str]:
        """Start again what has died; returns what happened, in words.

        Redis is left dead: the inbox runner works without it, and whoever stops it wants to see that.
        """
        events = self._children.tend() if self._children else []
        if not self._postgres.alive:
            events.append(f"postgres (process {self._postgres.pid}) ended, starting it again")
            self._postgres.stop()
            self._postgres.start()
        if not self._valkey.alive and not self._redis_is_gone:
            self._redis_is_gone = True
            events.append("redis ended; reports are judged by the inbox runner, straight from PostgreSQL")
        return events

    def stop(self) -> None:
        """Stop everything that runs, the engines last."""
        if self._children:
            self._children.stop()
        self._valkey.stop()
        self._postgres.stop()

    @property
    def addresses(self) -> Addresses:
        """Where the servers are, with the passwords."""
        return Addresses(self._urls.login, self._urls.owner, self._valkey.url)

    def _prepare_database(self) -> DatabaseUrls:
        return prepare_database(self._postgres.url, database=DATABASE, password=self._credentials["database_password"])

    def _build_tenants(self) -> None:
        self._say("Migrating, building the tenants " + " and ".join(TENANTS) + " …")
        self._python("-m", "operations.demo.building", as_owner=True)
        said = self._with_file("seed_demo", {key: self._credentials[key] for key in ("public", "tenants")})
        for line in said.splitlines():
            if "revoked" in line:
                self._say(line)

    def _replay(self, history: Mapping[str, Any]) -> None:
        """Before there are workers, who would judge it at their own time; once, since asking again takes seconds."""
        done = self.data / "replayed"
        if history and not done.exists():
            self._with_file("replay_demo", history)
            done.touch()

    def _with_file(self, command: str, contents: Mapping[str, Any]) -> str:
        """Run a command on a file that nobody else may read, and that is gone afterwards."""
        path = self.data / f"{command}.json"
        write_private(path, json.dumps(contents))
        try:
            return self._python("manage.py", command, str(path))
        finally:
            path.unlink()

    def _python(self, *argv: str, as_owner: bool = False) -> str:
        """Run a program to its end and return the last of what it printed."""
        env = self._env() | ({"OWNER_DATABASE_URL": self._urls.owner} if as_owner else {})
        log = self._logs / "setup.log"
        written = log.stat().st_size if log.exists() else 0
        process = spawn([sys.executable, *argv], log=log, cwd=ROOT, env=env, keeps=[self._lock])
        try:
            code = process.wait()
        finally:
            sweep(process)
        if code:
            raise DemoError(f"`python {' '.join(argv[:2])}` failed; {log} says why.")
        return tail(log, since=written)

    def _env(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in _FOREIGN} | {
            **self._urls.variables,
            "REDIS_URL": self._valkey.url,
            "SITE_PORT": str(self.port),
            "HEALTH_CHECK_URL": f"http://127.0.0.1:{self.port}/readyz",
            "ARCHIVE_ROOT": str(self.data / "archive"),
            "SECRET_KEY": self._credentials["secret_key"],
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "BASE_DOMAIN": "localhost",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }

    def _wait_until_ready(self) -> None:
        assert self._children  # noqa: S101
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if "web" in self._children.ended or time.monotonic() > deadline:
                raise DemoError(f"The web process does not get ready; {self._logs / 'web.log'} says why.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def check_port(port: int) -> None:
    """Make sure that nobody listens on the port.

    Raises:
        DemoError: somebody does.
    """
    try:
        # As gunicorn will bind it: connections of an earlier run that still linger do not matter.
        with socket.create_server(("127.0.0.1", port)):
            return
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise DemoError(f"Port {port} {reason}. Choose another one: make demo PORT={port + 1}") from error

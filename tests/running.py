"""The product as processes of its own, on the suite's database: what chaos and load tests start, call and kill."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from operations.demo.programs import programs
from operations.processes import spawn, stop, sweep, tail

ROOT = Path(__file__).parents[1]
REPORTS = "/api/compliance/reports"
START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
# gunicorn ends a connection that was idle for two seconds; one that is almost as old is not worth the risk.
KEPT_SECONDS = 1.0
_SIGNS = {
    "worker": " ready.",
    "urgent": " ready.",
    "outbox": " ready.",
    "inbox": "Watching the inboxes.",
    "beat": "beat: Starting",
}
# The processes work as the login role, and as nobody else.
_FOREIGN = ("ADMIN_DATABASE_URL", "OWNER_DATABASE_URL", "PYTHONWARNINGS")
T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, within: float, what: str, every: float = POLL_SECONDS) -> T:
    """Ask until the answer is true, and return it.

    Args:
        within: seconds.
        what: is being waited for, in words.
        every: seconds between two questions.

    Raises:
        AssertionError: it did not become true in time.
    """
    deadline = time.monotonic() + within
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(every)
    return answer


class Answer(NamedTuple):
    """What the API said, and how long that took (seconds)."""

    status: int
    document: Any
    headers: Mapping[str, str]
    seconds: float


class RunningSite:
    """Forge Console on a free port.

    Args:
        folder: for the logs, one per process.
        runs: what starts with it; other processes are started, and all are stopped and killed, by their names.
        environment: variables over those of the suite, such as another ``REDIS_URL``.
    """

    def __init__(
        self, folder: Path, *, runs: Sequence[str] = ("web",), environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._runs = runs
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "BASE_DOMAIN": "localhost"}
        self._environment = {**inherited, **settings, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._programs = {program.name: program for program in programs(self.port)}
        self._mine = threading.local()
        # Kept here too, or a thread that ends would leave its socket to the garbage collector.
        self._connections: list[HTTPConnection] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The processes that were started and not stopped, by name."""
        return {name: process.pid for name, process in self.processes.items()}

    def __enter__(self) -> Self:
        try:
            self.start(*self._runs)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self, *names: str) -> None:
        """Start these, together, and wait until they are ready for work."""
        begun = {name: self._size_of_log(name) for name in names}
        for name in names:
            self.processes[name] = spawn(
                self._programs[name].argv, log=self._log(name), cwd=ROOT, env=self._environment
            )
        for name, size in begun.items():
            self._wait_until_ready(name, size)

    def run_only(self, *names: str) -> None:
        """Let exactly these run beside ``web``."""
        self.stop(*(name for name in self.processes if name not in ("web", *names)))
        self.start(*(name for name in names if name not in self.processes))

    def stop(self, *names: str) -> None:
        """Ask these to stop, as a supervisor would, and end by force who has not within fifteen seconds."""
        ended = [self.processes.pop(name) for name in names]
        stop(ended, signals=[signal.SIGTERM], patience=STOP_SECONDS)

    def kill(self, name: str) -> None:
        """End one with SIGKILL, which gives it no time for anything."""
        sweep(self.processes.pop(name))

    def close(self) -> None:
        """Stop everything."""
        for connection in self._connections:
            connection.close()
        self.stop(*self.processes)

    def log(self, name: str) -> str:
        """All that the process of this name has written, in all its lives."""
        return self._log(name).read_text(encoding="utf-8", errors="replace")

    def post(self, tenant: str, body: Mapping[str, Any] | bytes, token: str, *, path: str = REPORTS) -> Answer:
        """Post a report (or what else ``path`` takes) with a CI token."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        return self.call("POST", tenant, path, headers=headers, content=content)

    def get(self, tenant: str, path: str, *, token: str = "", jwt: str = "") -> Answer:
        """Get a path with a CI token or a person's JWT."""
        return self.call("GET", tenant, path, headers={"Authorization": f"Token {token}" if token else f"Bearer {jwt}"})

    def call(
        self, method: str, tenant: str, path: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        """Send one request to a tenant's host, over this thread's own connection."""
        # Python's resolver does not know names under localhost, so the host name goes into the header alone.
        sent = {"Host": f"{tenant}.localhost:{self.port}", "Accept": "application/json", **headers}
        connection = self._connection()
        began = time.perf_counter()
        try:
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            connection.close()
            raise
        seconds = time.perf_counter() - began
        self._mine.used_at = time.monotonic()
        document = json.loads(answer) if "json" in (response.getheader("Content-Type") or "") else answer.decode()
        return Answer(response.status, document, dict(response.getheaders()), seconds)

    def _connection(self) -> HTTPConnection:
        kept: HTTPConnection | None = getattr(self._mine, "connection", None)
        if kept is None:
            kept = self._mine.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._connections.append(kept)
        elif time.monotonic() - getattr(self._mine, "used_at", 0.0) > KEPT_SECONDS:
            kept.close()
        return kept

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _size_of_log(self, name: str) -> int:
        return self._log(name).stat().st_size if self._log(name).exists() else 0

    def _wait_until_ready(self, name: str, written: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(name, written):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{name} does not start:\n{tail(self._log(name), since=written, lines=40)}")
            time.sleep(POLL_SECONDS)

    def _is_ready(self, name: str, written: int) -> bool:
        if name != "web":
            return _SIGNS[name] in tail(self._log(name), since=written, lines=1000)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

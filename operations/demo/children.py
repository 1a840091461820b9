"""The processes of the application: started together, started again when they die, stopped together."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from operations.processes import spawn, stop, sweep

STEADY_SECONDS = 20.0
STOP_SECONDS = 8.0


class Program(NamedTuple):
    """What runs, under which name it is known, and the variables that are for it alone."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = {}


def pause_before_restart(deaths: int) -> float:
    """Seconds to wait after the ``deaths``-th early death in a row: at once after none, then 1, 2, 4 … 30."""
    return min(30.0, 2.0 ** (deaths - 1)) if deaths else 0.0


class Child:
    """One program and the process that runs it now."""

    def __init__(self, program: Program, start: Callable[[Program], subprocess.Popen[bytes]]) -> None:
        self.program = program
        self._start = start
        self._deaths = 0
        self._due: float | None = None
        self._begin()

    def _begin(self) -> None:
        self.process = self._start(self.program)
        self._started = time.monotonic()
        self._due = None

    def tend(self, now: float) -> str:
        """Notice a death, or start anew when it is time; returns what happened, in words, or nothing."""
        if self._due is not None:
            if now < self._due:
                return ""
            self._begin()
            return f"{self.program.name} runs again (process {self.process.pid})"
        code = self.process.poll()
        if code is None:
            return ""
        # Its own children (gunicorn's) hold the port.
        sweep(self.process)
        self._deaths = self._deaths + 1 if now - self._started < STEADY_SECONDS else 0
        pause = pause_before_restart(self._deaths)
        self._due = now + pause
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{self.program.name} (process {self.process.pid}) ended by {how}, starting it again" + (
            f" in {pause:.0f} s" if pause else ""
        )


class Children:
    """All of them.

    Args:
        logs: a folder; each child writes ``<name>.log`` there.
        keeps: file descriptors that every child inherits.
    """

    def __init__(self, *, logs: Path, cwd: Path, env: Mapping[str, str], keeps: Sequence[int] = ()) -> None:
        self._logs = logs
        self._cwd = cwd
        self._env = env
        self._keeps = keeps
        self._all: list[Child] = []

    @property
    def pids(self) -> dict[str, int]:
        """The process of each, by name."""
        return {child.program.name: child.process.pid for child in self._all}

    @property
    def ended(self) -> set[str]:
        """The names of those that do not run."""
        return {child.program.name for child in self._all if child.process.poll() is not None}

    def start(self, programs: Sequence[Program]) -> None:
        """Start programs, in their order."""
        for program in programs:
            self._all.append(Child(program, self._spawn))

    def tend(self) -> list[str]:
        """Start again who is due; returns what happened, in words."""
        now = time.monotonic()
        return [event for child in self._all if (event := child.tend(now))]

    def stop(self) -> None:
        """Ask all to stop, and end by force who has not within eight seconds."""
        stop([child.process for child in self._all], signals=[signal.SIGTERM], patience=STOP_SECONDS)
        self._all.clear()

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        log = self._logs / f"{program.name}.log"
        return spawn(program.argv, log=log, cwd=self._cwd, env={**self._env, **program.env}, keeps=self._keeps)

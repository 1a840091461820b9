"""Processes and files of a supervisor: children that never outlive it, whatever ends it. Needs no Django."""

import contextlib
import ctypes
import fcntl
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_PR_SET_PDEATHSIG = 1


class Identity(NamedTuple):
    """The user and group that a process runs as."""

    user: int
    group: int


class InUseError(RuntimeError):
    """Another process that is alive holds the lock."""


def unprivileged() -> Identity | None:
    """Who servers that refuse to be root run as: ``nobody`` when we are root, else None (as we are)."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Identity(entry.pw_uid, entry.pw_gid)


def ask_for_death_signal(signum: signal.Signals) -> Callable[[], None]:
    """A function that makes the process it runs in get ``signum`` when the thread that forked it ends.

    The kernel does this even for SIGKILL. Without ``prctl`` (macOS) the function does nothing.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is None:
            return
        prctl(_PR_SET_PDEATHSIG, int(signum))
        # The parent may have died before we asked; then nobody would ever tell us.
        if os.getppid() != parent:
            os._exit(1)

    return ask


def die_with(parent: int, signum: signal.Signals) -> None:
    """Make this very process get ``signum`` when its parent ends, at once if that is over already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    dies_by: signal.Signals = signal.SIGTERM,
    runs_as: Identity | None = None,
    keeps: Sequence[int] = (),
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (the terminal's Ctrl-C is ours to pass on), its output added to ``log``.

    Args:
        dies_by: the signal the child gets when the calling thread ends, however it ends.
        keeps: file descriptors that the child inherits.
    """
    user, group = runs_as or (None, None)
    with log.open("ab") as output, warnings.catch_warnings():
        # Python 3.12 warns of forking with threads; between fork and exec ours makes two system calls, no more.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(  # noqa: S603
            argv,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=ask_for_death_signal(dies_by),
            pass_fds=keeps,
            user=user,
            group=group,
            extra_groups=[] if runs_as else None,
        )


def stop(processes: Sequence[subprocess.Popen[bytes]], *, signals: Sequence[signal.Signals], patience: float) -> None:
    """End children: each signal in turn, ``patience`` seconds apart, then SIGKILL for what is left of their groups."""
    for signum in signals:
        for process in processes:
            process.send_signal(signum)
        deadline = time.monotonic() + patience
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        sweep(process)


def sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child and of its own children."""
    # The child leads its session, so its id is its group's; the group outlives it while members are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(path: Path, *, since: int = 0, lines: int = 12) -> str:
    """The last lines of a log, of what was written after byte ``since``."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, log.seek(0, os.SEEK_END) - 64_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def take_lock(path: Path, *, patience: float) -> int:
    """Lock a file and return its descriptor; a child that inherits it holds the lock with us and after us.

    So the lock of a killed supervisor is free once its children have ended, which we wait for, ``patience`` seconds
    long. While the supervisor itself is alive there is nothing to wait for.

    Raises:
        InUseError: somebody else keeps it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            if _is_another(holder) or time.monotonic() > deadline:
                os.close(descriptor)
                raise InUseError(f"{path.parent} is in use by another running instance (process {holder}).") from None
            time.sleep(0.05)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            return descriptor


def _is_another(pid: str) -> bool:
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except OSError as error:
        # One that we may not signal is somebody else's, and there.
        return isinstance(error, PermissionError)
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step with one that only its owner may read (0600)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

"""Children of a supervisor: they end when it wants, and when it is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operations.demo.children import Child, Children, Program
from operations.processes import InUseError, spawn, stop, tail, take_lock, write_private

ROOT = Path(__file__).parents[2]
STUBBORN = ["sh", "-c", "trap '' TERM; echo deaf; sleep 600 & wait"]
MAKE = """
import os, subprocess, sys
# Stands between us and the process that it starts, as make does.
subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout)
sys.stdin.read(1)
os._exit(0)
"""
DEPENDENT = """
import os, signal, sys, time
from operations.processes import die_with
signal.signal(signal.SIGTERM, lambda *_: (print("told", flush=True), os._exit(0)))
die_with(os.getppid(), signal.SIGTERM)
print("here", flush=True)
time.sleep(600)
"""


def a_child(folder: Path, *argv: str) -> subprocess.Popen[bytes]:
    return spawn(argv, log=folder / "log", cwd=folder, env={"PATH": os.environ["PATH"]})


def test_a_child_that_will_not_hear_is_ended_by_force(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock", patience=0)
    child = spawn(STUBBORN, log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ), keeps=[lock])
    os.close(lock)
    while "deaf" not in tail(tmp_path / "log"):
        assert child.poll() is None
    stop([child], signals=[signal.SIGTERM], patience=0.05)
    assert child.returncode == -signal.SIGKILL
    # Its own child held the lock as well.
    os.close(take_lock(tmp_path / "lock", patience=5))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_process_is_told_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", MAKE, DEPENDENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout
        assert parent.stdout.readline() == "here\n"
        parent.kill()
        assert parent.stdout.read() == "told\n"


def test_a_lock_outlives_its_maker_in_its_children(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock", patience=0)
    child = spawn(["sleep", "600"], log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ), keeps=[lock])
    os.close(lock)
    with pytest.raises(InUseError, match=f"{tmp_path} is in use"):
        take_lock(tmp_path / "lock", patience=0)
    stop([child], signals=[signal.SIGTERM], patience=5)
    os.close(take_lock(tmp_path / "lock", patience=0))


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for text in ("first", "second"):
        write_private(path, text)
    assert (path.read_text(), path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == ("second", 0o600, [path])


def test_the_end_of_a_log_is_read_from_where_it_matters(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old\n" + "".join(f"{line}\n" for line in range(20)))
    assert tail(log, since=4, lines=2) == "18\n19"
    assert tail(tmp_path / "none") == ""


def test_a_child_that_dies_is_started_again_after_a_pause(tmp_path: Path) -> None:
    child = Child(Program("nap", ["sleep", "600"]), lambda program: a_child(tmp_path, *program.argv))
    first, now = child.process.pid, time.monotonic()
    assert child.tend(now) == ""
    child.process.kill()
    child.process.wait()
    assert child.tend(now) == f"nap (process {first}) ended by signal 9, starting it again in 1 s"
    assert child.tend(now + 0.9) == ""
    assert child.tend(now + 1.1) == f"nap runs again (process {child.process.pid})"
    assert child.process.pid != first
    stop([child.process], signals=[signal.SIGTERM], patience=5)


def test_children_are_stopped_together(tmp_path: Path) -> None:
    children = Children(logs=tmp_path, cwd=tmp_path, env=dict(os.environ))
    children.start([Program("one", ["sleep", "600"]), Program("two", ["sleep", "600"])])
    pids = children.pids
    children.stop()
    assert (set(pids), children.pids) == ({"one", "two"}, {})
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

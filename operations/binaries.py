"""Where an embedded server's program lies for the user that is to run it. Needs no Django."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from operations.processes import Identity

# Tried in this order; the first two outlive a reboot, the first is writable by root alone.
_CACHES = (Path("/var/cache"), Path("/var/tmp"), Path(tempfile.gettempdir()))  # noqa: S108


class ProgramMissingError(RuntimeError):
    """The wheel that brings the program is not there, or nobody but us can run it."""


def find_program(distribution: str, pattern: str, *, runs_as: Identity | None) -> Path:
    """The program of an installed wheel, in a place from which ``runs_as`` can execute it.

    Args:
        distribution: the wheel's name; its package has the same name with underscores.
        pattern: where the program lies inside the package, as a glob.

    Raises:
        ProgramMissingError: there is none, or no folder is left to copy it to.
    """
    package = _package_folder(distribution)
    program = next(iter(sorted(package.glob(pattern))), None)
    if program is None:
        raise ProgramMissingError(f"{distribution} brings no {pattern} for this machine.")
    if runs_as is None or _runs(program, runs_as):
        return program
    # A virtual environment under a 0700 home is closed to `nobody`: run a copy that is not.
    copy = _copy_of(package, distribution) / package.name / program.relative_to(package)
    if not _runs(copy, runs_as):
        raise ProgramMissingError(f"{copy} cannot be executed by user {runs_as.user}.")
    return copy


def _package_folder(distribution: str) -> Path:
    spec = importlib.util.find_spec(distribution.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ProgramMissingError(
            f"{distribution} is not installed. `make demo` and `make test` install it into .venv."
        )
    return Path(spec.submodule_search_locations[0])


def _runs(program: Path, runs_as: Identity) -> bool:
    user, group = runs_as
    try:
        done = subprocess.run(  # noqa: S603
            [program, "--version"], capture_output=True, cwd="/", user=user, group=group, extra_groups=[], check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy_of(package: Path, distribution: str) -> Path:
    # RECORD lists every file's hash: another build of the same version never hides behind an older copy.
    wheel = importlib.metadata.distribution(distribution)
    digest = hashlib.sha256((wheel.read_text("RECORD") or "").encode()).hexdigest()[:12]
    target = _cache() / f"{package.name}-{wheel.version}-{digest}"
    if target.exists():
        return target
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        # The libraries that the wheel was repaired with are found beside the package.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(
                    folder, making / folder.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
                )
        _open_to_all(making)
        making.rename(target)
    except OSError:
        # Another start may have been faster; then its copy is as good as ours.
        if not target.exists():
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(stat.S_IMODE(mode) | (0o555 if mode & stat.S_IXUSR else 0o444))


def _cache() -> Path:
    """A folder that everyone can read and only we can write, whoever made one of that name before us."""
    for parent in _CACHES:
        folder = parent / f"forge-console-{os.geteuid()}"
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            facts = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o022:
            folder.chmod(0o755)
            return folder
    raise ProgramMissingError(
        f"There is no folder to copy the servers' programs to; tried {', '.join(map(str, _CACHES))}."
    )

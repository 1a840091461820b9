"""Where the reference data lies, which the project's tests read when it is there."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("FORGE_REFERENCE") or ROOT / "../shared/reference")


def reference(name: str) -> Path:
    """A file or folder of the reference data; skips the test where there is none."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no reference data: {name} is not in FORGE_REFERENCE nor in ../shared/reference")
    return path

"""What continuous integration makes of skipped tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEST = "import pytest\n\n\ndef test_nothing():\n    pytest.skip({reason!r})\n"


@pytest.mark.parametrize(
    ("reason", "status"), [("PgBouncer is not installed (apt install pgbouncer)", 0), ("It was late on Friday.", 1)]
)
def test_a_skip_that_nobody_has_listed_fails_the_run(reason: str, status: int, tmp_path: Path) -> None:
    Path(tmp_path, "test_one.py").write_text(TEST.format(reason=reason))
    Path(tmp_path, "conftest.py").write_text(
        "from tests.skips import ListedSkips\n\n\ndef pytest_configure(config):\n"
        "    config.pluginmanager.register(ListedSkips())\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-c", os.devnull, "--rootdir", str(tmp_path)]
    run = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert (run.returncode, f"not listed in tests/skips.py: Skipped: {reason}" in run.stdout) == (status, status == 1)

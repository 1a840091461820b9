"""Skips that a run of continuous integration may have; any other fails it: a test that never runs proves nothing.

A machine of a developer may lack what these need. ``.ci/run`` installs what can be had and sets ``FORGE_CI``.
"""

import re
from collections.abc import Iterable

import pytest

LISTED = (
    # The facts that the product was designed from are not part of the repository.
    r"no reference data: .* is not in FORGE_REFERENCE nor in",
    # The package index does not answer, or has no OPA for this machine.
    r"the real OPA engine is not installed and PyPI does not answer",
    r"There is no Python 3\.8, 3\.9 or 3\.10 here",
    r"only Linux tells a process of its parent's end",
    r"reads /proc",
    r"only root starts servers as somebody else",
    r"PgBouncer is not installed",
)
_LISTED = re.compile("|".join(f"(?:{reason})" for reason in LISTED))


def unlisted(reasons: Iterable[str]) -> list[str]:
    """Those reasons that nobody has listed, each once."""
    return sorted({reason for reason in reasons if not _LISTED.search(reason)})


class ListedSkips:
    """A pytest plugin: ends a run with failure where something was skipped for a reason that is not listed."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test, or what it needs, was skipped."""
        self._hear(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file was."""
        self._hear(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail for it."""
        if unlisted(self._reasons) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say for what."""
        for reason in unlisted(self._reasons):
            terminalreporter.write_line(f"Skipped, and not listed in tests/skips.py: {reason}", red=True)

    def _hear(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            place = report.longrepr
            self._reasons.append(str(place[2]) if isinstance(place, tuple) else str(place))

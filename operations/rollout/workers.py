"""Who migrates the schemas: this process, or several beside it.

Processes rather than threads: Django keeps the content types of one schema in the memory of all threads, where the
migration of another would find them.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, Protocol

from core.errors import DomainError
from operations.rollout.schemas import STOPPED, migrate_schema, note_failure
from tenants.current import connection

_ROOT = Path(__file__).resolve().parents[2]


class Outcome(NamedTuple):
    """What became of one schema."""

    schema: str
    migrations: int
    seconds: float
    failure: str = ""


class Migrator(Protocol):
    """Migrates schemas, one at a time."""

    def migrate(self, schema: str) -> Outcome:
        """Migrate a schema. Never raises: the outcome has the reason."""

    def close(self) -> None:
        """Nothing more to come."""


def migrate_here(schema: str) -> Outcome:
    """Migrate a schema in this process."""
    began = time.monotonic()
    try:
        migrations = migrate_schema(schema)
    except DomainError as error:
        return Outcome(schema, 0, time.monotonic() - began, error.message)
    return Outcome(schema, migrations, time.monotonic() - began)


class Here:
    """This process."""

    def migrate(self, schema: str) -> Outcome:
        """In this process; what kills it kills the rollout."""
        return migrate_here(schema)

    def close(self) -> None:
        """Nothing to do."""


class Beside:
    """A process of its own, started when it is needed and anew when it has died.

    It is told schemas on its standard input and ends with it: when we are killed, after the one it is at.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def migrate(self, schema: str) -> Outcome:
        """By the other process. Where that dies, the schema has failed and the next one gets a new process."""
        began = time.monotonic()
        process = self._process = self._process or _start()
        try:
            process.stdin.write(f"{schema}\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            answer = process.stdout.readline()  # type: ignore[union-attr]
        except BrokenPipeError:
            answer = ""
        if answer:
            return Outcome(*json.loads(answer))
        failure = f"Its process ended with {process.wait()}. {STOPPED}"
        self.close()
        note_failure(schema, failure)
        # This thread's own connection: nobody else closes it.
        connection.close()
        return Outcome(schema, 0, time.monotonic() - began, failure)

    def close(self) -> None:
        """Let the process end."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "operations.rollout"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A Ctrl-C is ours: what is in hand is finished.
        start_new_session=True,
    )

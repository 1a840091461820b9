"""``manage.py retention``: archive and delete what tenants no longer keep."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from operations.archive.running import forecast, run_retention
from operations.archive.tenants import entered


class Command(BaseCommand):
    """Works beside everything else. Stopped or killed, it goes on when it is run again."""

    help = (
        "Archive what is past its time, read it back, and delete it. The settings of each tenant say how long things "
        "are kept. Stops at SIGTERM or Ctrl-C after what is in hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SCHEMA", help="Only this tenant (public: the operators' alerts).")
        parser.add_argument("--dry-run", action="store_true", help="Count per table what would go, and end.")

    def handle(self, *args: Any, tenant: str | None, dry_run: bool, **options: Any) -> None:
        stopped = Event()
        before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            failed = [one.schema_name for one in entered(tenant) if not self._one(one.schema_name, dry_run, stopped)]
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if failed:
            raise CommandError(f"Not everything could be done: {', '.join(failed)}")

    def _one(self, name: str, dry_run: bool, stopped: Event) -> bool:
        if dry_run:
            counts = forecast(at=timezone.now())
            for table, rows in sorted(counts.items()):
                self.stdout.write(f"{name}: {rows:,} {table} would go")
            if not counts:
                self.stdout.write(f"{name}: nothing would go")
            return True
        if stopped.is_set():
            return True
        try:
            outcome = run_retention(
                at=timezone.now(), say=lambda line: self.stdout.write(f"{name}: {line}"), stopped=stopped.is_set
            )
        except DomainError as error:
            self.stderr.write(f"{name}: {error.message}")
            return False
        ended = "done" if outcome.finished else "stopped; the next run goes on"
        self.stdout.write(f"{name}: {ended}, {sum(outcome.deleted.values()):,} rows deleted")
        return not outcome.broken

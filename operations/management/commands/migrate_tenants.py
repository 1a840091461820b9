"""``manage.py migrate_tenants``: bring every schema to this release."""

import signal
from argparse import ArgumentParser, ArgumentTypeError
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import Conflict, DomainError
from operations.rollout.running import Options, Result, plan, roll_out

ANOTHER_AT_WORK = 3
"""Exit code where another rollout is at work: nothing was tried."""


class Command(BaseCommand):
    """Needs OWNER_DATABASE_URL. What was done is written down at each tenant; the operators' console shows it."""

    help = (
        "Migrate the public schema and the template, then one tenant as canary, then the others, several at a time. "
        "Stops where the canary fails. Can be stopped (Ctrl-C finishes what is in hand) and run again. "
        "Exit codes: 0 all is migrated, 1 something failed or is left, 2 wrong arguments, 3 another rollout is at work."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenants", nargs="*", metavar="SCHEMA", help="These tenants only; all otherwise.")
        parser.add_argument("--canary", default="", metavar="SCHEMA", help="Who goes first; the smallest otherwise.")
        parser.add_argument("--concurrency", type=_at_least_one, default=2, help="Tenants at a time (2).")
        parser.add_argument("--resume", action="store_true", help="Leave out those that have come to this release.")
        parser.add_argument(
            "--max-failures", type=_at_least_one, default=3, metavar="N", help="Begin no other one after N failed (3)."
        )
        parser.add_argument("--dry-run", action="store_true", help="List what would be done, and do nothing.")

    def handle(self, *args: Any, tenants: list[str], **options: Any) -> None:
        asked = Options(
            only=tenants,
            canary=options["canary"],
            concurrency=options["concurrency"],
            resume=options["resume"],
            most_failures=options["max_failures"],
        )
        try:
            if options["dry_run"]:
                self._list(asked)
            else:
                self._conclude(self._roll_out(asked, quiet=not options["verbosity"]))
        except Conflict as error:
            raise CommandError(error.message, returncode=ANOTHER_AT_WORK) from error
        except DomainError as error:
            raise CommandError(error.message) from error

    def _list(self, asked: Options) -> None:
        for schema, lacking in plan(asked):
            names = ", ".join(f"{app}.{name}" for app, name in lacking)
            self.stdout.write(f"{schema}: {names or 'nothing lacks'}")

    def _roll_out(self, asked: Options, *, quiet: bool) -> Result:
        stopped = Event()
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, lambda *_: stopped.set()) for number in numbers}
        try:
            return roll_out(asked, say=self._ignore if quiet else self._say, stopped=stopped)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _conclude(self, result: Result) -> None:
        if not result.complete:
            failed = [f"failed: {', '.join(sorted(result.failed))}"] if result.failed else []
            left = [f"not begun: {len(result.left)}"] if result.left else []
            raise CommandError(
                f"{'; '.join([*failed, *left])}. `manage.py migrate_tenants --resume` goes on from here."
            )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _ignore(self, line: str) -> None:
        pass


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text} is no number of one or more")
    return int(text)

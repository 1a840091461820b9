"""``manage.py provision``: build the tenants that were asked for."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from operations.provisioning import provision


class Command(BaseCommand):
    """The only command that needs OWNER_DATABASE_URL besides migrate_schemas."""

    help = "Build every requested tenant: its schema from the template, its database role. Run migrate_schemas first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="Look again every so many seconds.")

    def handle(self, *args: Any, watch: float | None, **options: Any) -> None:
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while True:
            try:
                failed = provision(say=self.stdout.write)
            except DomainError as error:
                raise CommandError(error.message) from error
            if watch is None and failed:
                raise CommandError(f"{len(failed)} tenants could not be built; their requests stand.")
            if watch is None or stopped.wait(watch):
                return

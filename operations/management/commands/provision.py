"""``manage.py provision``: build the tenants that were asked for."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError

from core.errors import DomainError
from operations.provisioning import provision
from tenants.current import connection
from tenants.models import Tenant


class Command(BaseCommand):
    """Needs OWNER_DATABASE_URL, as migrate_tenants does."""

    help = "Build every requested tenant: its schema from the template, its database role. Run migrate_tenants first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="Look again every so many seconds.")

    def handle(self, *args: Any, watch: float | None, **options: Any) -> None:
        if watch is None:
            if failed := self._provision():
                raise CommandError(f"{failed} tenants could not be built; their requests stand.")
            return
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        self._provision()
        while not stopped.wait(watch):
            self._look_again()

    def _look_again(self) -> None:
        """Most looks find nothing: they ask one question and hold no connection until the next."""
        try:
            connection.set_schema_to_public()
            if Tenant.objects.requested().exists():
                self._provision()
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {error}")
        except CommandError as error:
            # What stands in the way of all of them may be gone at the next look.
            self.stderr.write(str(error))
        finally:
            connection.close()

    def _provision(self) -> int:
        try:
            return len(provision(say=self.stdout.write))
        except DomainError as error:
            raise CommandError(error.message) from error

"""``manage.py inbox``: work through every tenant's inbox, straight from PostgreSQL."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.db.utils import Error
from django_tenants.utils import tenant_context

from compliance.inbox import process_next
from tenants.models import Tenant


class Command(BaseCommand):
    """Runs beside the workers, and in their place while Redis is away."""

    help = (
        "Process waiting reports, one a tenant in turn, until every inbox is empty; look again every few seconds. "
        "Needs neither Redis nor Celery. Stops at SIGTERM or Ctrl-C after the report in hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Empty the inboxes and end.")
        parser.add_argument("--interval", type=float, default=5.0, help="Seconds between two looks (5).")

    def handle(self, *args: Any, once: bool, interval: float, **options: Any) -> None:
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        self.stdout.write("Watching the inboxes.")
        while not stopped.is_set():
            processed = self._round(stopped)
            if processed:
                continue
            if once:
                break
            stopped.wait(interval)

    def _round(self, stopped: Event) -> int:
        """Process at most one report of each tenant; returns how many there were."""
        processed = 0
        try:
            close_old_connections()
            connection.set_schema_to_public()
            for tenant in Tenant.objects.active():
                if stopped.is_set():
                    break
                with tenant_context(tenant):
                    processed += process_next()
        except Error as error:
            # PostgreSQL is away; it is worth looking again.
            self.stderr.write(f"The database does not answer: {error}")
            connection.close()
            return 0
        return processed

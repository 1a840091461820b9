"""``manage.py inbox``: work through every tenant's inbox and outboxes, straight from PostgreSQL."""

import gc
import signal
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.db.utils import Error
from django_tenants.utils import get_public_schema_name, tenant_context

from alerts.delivery import deliver_without_broker
from compliance.inbox import BUSY, process_next
from compliance.outbox import deliver_next
from tenants.current import connection
from tenants.models import Tenant

_SENDING = (deliver_next, deliver_without_broker)


class Command(BaseCommand):
    """Runs beside the workers, and in their place while Redis is away."""

    help = (
        "Process waiting reports, tell code hosts of verdicts and send alerts, one a tenant in turn, until every inbox "
        "and outbox is empty; look again every few seconds. Needs neither Redis nor Celery. Stops at SIGTERM or Ctrl-C "
        "after what is in hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Empty the inboxes and outboxes and end.")
        parser.add_argument("--interval", type=float, default=5.0, help="Seconds between two looks (5).")

    def handle(self, *args: Any, once: bool, interval: float, **options: Any) -> None:
        if not once:
            gc.freeze()  # as the workers do
        stopped = Event()
        before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGINT)}
        # Who does not answer must keep neither reports nor other messages waiting.
        senders = [] if once else [Thread(target=self._send, args=(work, stopped, interval)) for work in _SENDING]
        try:
            for sender in senders:
                sender.start()
            self.stdout.write("Watching the inboxes.")
            for work in (process_next, *_SENDING) if once else (process_next,):
                self._watch(work, stopped, once=once, interval=interval)
        finally:
            stopped.set()
            for sender in senders:
                if sender.ident:
                    sender.join()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _send(self, work: Callable[[], bool], stopped: Event, interval: float) -> None:
        try:
            self._watch(work, stopped, once=False, interval=interval)
        finally:
            connection.close()

    def _watch(self, work: Callable[[], bool], stopped: Event, *, once: bool, interval: float) -> None:
        worked = False
        while not stopped.is_set():
            worked_before, worked = worked, self._round(work, stopped) > 0
            if worked:
                continue
            if once:
                break
            # Among the last reports may be one that was put back for a moment, its pull request being worked on.
            stopped.wait(min(interval, BUSY.total_seconds()) if worked_before else interval)

    def _round(self, work: Callable[[], bool], stopped: Event) -> int:
        """Do at most one piece of work of each tenant; returns how many there were."""
        done = 0
        try:
            close_old_connections()
            connection.set_schema_to_public()
            for tenant in [*Tenant.objects.active(), *_operators(work)]:
                if stopped.is_set():
                    break
                connection.ensure_connection()
                done += self._one_of(work, tenant)
        except Error as error:
            # PostgreSQL is away; it is worth looking again.
            self.stderr.write(f"The database does not answer: {error}")
            connection.close()
        return done

    def _one_of(self, work: Callable[[], bool], tenant: Tenant) -> int:
        """Do one piece of work of this tenant. Whatever is wrong with its tables, the others have their turn."""
        try:
            with tenant_context(tenant):
                return int(work())
        except Error as error:
            self.stderr.write(f"The work of {tenant.schema_name} cannot be read: {error}")
            connection.close()
            return 0


def _operators(work: Callable[[], bool]) -> Iterable[Tenant]:
    """The public schema, whose alerts are sent as tenants' are: that Redis is away, for one."""
    is_theirs = work is deliver_without_broker
    return Tenant.objects.filter(schema_name=get_public_schema_name()) if is_theirs else ()

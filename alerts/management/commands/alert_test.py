"""``manage.py alert_test CHANNEL``: send a test message through a channel, and say what became of it."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from alerts.delivery import deliver_next
from alerts.management.within import within
from alerts.models import Channel, Delivery
from alerts.services.testing import send_test
from core.errors import DomainError

_POLL_SECONDS = 0.1


class Command(BaseCommand):
    """Sends by itself where no worker does. The test is in the audit log as the system's own deed."""

    help = "Send a test message through an alert channel, and wait for what becomes of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channel", help="kind and name: slack:alerts")
        parser.add_argument("--schema", default="", help="the tenant (public: the operators); not under tenant_command")
        parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait (30)")

    def handle(self, *args: Any, channel: str, schema: str, timeout: float, **options: Any) -> None:
        with within(schema):
            kind, _, name = channel.partition(":")
            found = Channel.objects.filter(kind=kind, name=name).first()
            if found is None:
                known = ", ".join(str(one) for one in Channel.objects.all())
                raise CommandError(f"There is no channel {channel}; there are: {known}.")
            try:
                deliveries = send_test(found, by=None, at=timezone.now())
            except DomainError as error:
                raise CommandError(error.message) from error
            self._wait(deliveries, timeout)

    def _wait(self, deliveries: Sequence[Delivery], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while _untried(deliveries) and time.monotonic() < deadline:
            if not deliver_next():
                time.sleep(_POLL_SECONDS)
        failed = 0
        for delivery in deliveries:
            delivery.refresh_from_db()
            failed += not delivery.outcome
            said = delivery.get_outcome_display() or delivery.error or "Still waits: its channel is paused."
            self.stdout.write(f"{delivery.recipient or delivery.channel_name}: {said} {delivery.reference}".rstrip())
        if failed:
            raise CommandError(f"{failed} of {len(deliveries)} did not go out.")


def _untried(deliveries: Sequence[Delivery]) -> bool:
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    waiting = rows.filter(status__in=[Delivery.Status.QUEUED, Delivery.Status.PROCESSING], error="")
    return waiting.filter(channel__enabled=True).exists()

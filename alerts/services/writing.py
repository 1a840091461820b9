"""From a ruling to rows: deliveries for whoever is told, events that say why, and why not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from alerts import messages
from alerts.choices import Occasion, Reason, Tier
from alerts.models import Alert, AlertEvent, Channel, Delivery, Digest
from alerts.services.announcing import announce_deliveries
from alerts.services.desk import Desk
from alerts.services.recipients import recipients_of


@dataclass
class Outbox:
    """Collects deliveries and events of any number of alerts, and writes them in two statements."""

    desk: Desk
    deliveries: list[Delivery] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)

    def note(self, alert: Alert, reason: Reason, *, occasion: str = "", channel: str = "", detail: str = "") -> None:
        """Say why something was sent, or was not."""
        self.events.append(
            AlertEvent(alert=alert, at=self.desk.at, occasion=occasion, reason=reason, channel=channel, detail=detail)
        )

    def tell(self, alert: Alert, occasion: Occasion, reason: Reason, *, names: Iterable[str]) -> bool:
        """Write a delivery for everybody whom these channels reach. True where there is somebody.

        A channel that is not set up, or is switched off, is a recorded non-send and no failure.
        """
        reached = False
        not_before = self.desk.not_before(quiet=self.desk.policy(alert.tier).quiet_hours)
        message = messages.of_alert(
            title=alert.title,
            tier=alert.tier,
            count=alert.count,
            facts=alert.facts,
            link=alert.link,
            occasion=occasion,
        )
        for name, channel in self._reachable(alert, names):
            for recipient in recipients_of(channel, name):
                self.deliveries.append(
                    self._delivery(channel, recipient, message, alert.tier, occasion, not_before, alert=alert)
                )
                reached = True
            waits = Reason.QUIET_HOURS if not_before > self.desk.at else None
            detail = f"until {not_before.isoformat()}" if waits else ""
            self.note(alert, waits or reason, occasion=occasion, channel=str(channel), detail=detail)
            alert.told = list(dict.fromkeys([*alert.told, name]))
        return reached

    def tell_digest(self, digest: Digest, message: messages.Message, *, names: Iterable[str]) -> bool:
        """Write the deliveries of a batch or a summary."""
        not_before = self.desk.not_before(quiet=self.desk.policy(digest.tier).quiet_hours)
        for name in names:
            for channel in self.desk.channels_named(name):
                if not channel.enabled:
                    continue
                for recipient in recipients_of(channel, name):
                    self.deliveries.append(
                        self._delivery(
                            channel,
                            recipient,
                            message,
                            digest.tier,
                            Occasion(digest.occasion),
                            not_before,
                            digest=digest,
                        )
                    )
        return bool(self.deliveries)

    def write(self) -> None:
        """Store what was collected; the workers hear of it once it is committed."""
        Delivery.objects.bulk_create(self.deliveries)
        AlertEvent.objects.bulk_create(self.events)
        if self.deliveries:
            announce_deliveries()

    def _reachable(self, alert: Alert, names: Iterable[str]) -> Iterable[tuple[str, Channel]]:
        seen: set[int] = set()
        for name in names:
            channels = self.desk.channels_named(name)
            if not channels:
                self.note(alert, Reason.NOT_CONFIGURED, channel=name)
            for channel in channels:
                if not channel.enabled:
                    self.note(alert, Reason.CHANNEL_DISABLED, channel=str(channel), detail=channel.disabled_reason)
                elif channel.pk not in seen:
                    seen.add(channel.pk)
                    yield name, channel
        for channel in self.desk.in_app():
            if channel.pk not in seen:
                yield str(channel), channel

    def _delivery(
        self,
        channel: Channel,
        recipient: str,
        message: messages.Message,
        tier: str,
        occasion: Occasion,
        not_before: datetime,
        *,
        alert: Alert | None = None,
        digest: Digest | None = None,
    ) -> Delivery:
        return Delivery(
            alert=alert,
            digest=digest,
            channel=channel,
            channel_name=str(channel),
            recipient=recipient,
            tier=tier,
            occasion=occasion,
            message=message,
            priority=Tier(tier).rank,
            received_at=self.desk.at,
            run_after=not_before,
            due_at=not_before,
        )

"""One message to one recipient through one channel: written first, sent then. And what people see in the console."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from alerts.choices import Occasion, Tier
from alerts.models.alerts import Alert, Digest
from alerts.models.channels import Channel
from core.claims import Claimable, ClaimQuerySet
from core.ids import new_id


class DeliveryQuerySet(ClaimQuerySet):
    """Questions about deliveries."""

    def due(self, at: datetime) -> Self:
        """Leaves channels alone that are switched off, paused, or were sent to just now."""
        return super().due(at).filter(channel__in=Channel.objects.sending(at)).select_related("channel")

    def sendable(self) -> Self:
        """Those that wait for nothing but time."""
        return self.filter(channel__enabled=True)

    def next_due(self) -> datetime | None:
        """When the first queued one may be tried, its channel's pause and rate limit included."""
        queued = self.sendable().filter(status=Claimable.Status.QUEUED)
        free = queued.annotate(
            free_at=Greatest(
                "run_after",
                Coalesce("channel__paused_until", "run_after"),
                Coalesce("channel__next_send_at", "run_after"),
            )
        )
        first: datetime | None = free.order_by("free_at").values_list("free_at", flat=True).first()
        return first

    def alongside(self, delivery: "Delivery") -> Self:
        """Others that wait for the same recipient, for the same reason."""
        waiting = self.filter(status=Claimable.Status.QUEUED).exclude(pk=delivery.pk)
        return waiting.filter(channel=delivery.channel, recipient=delivery.recipient, occasion=delivery.occasion)

    def claim(self, *, limit: int, until: datetime | None) -> list["Delivery"]:
        """Claim these with another one, up to a limit, to go out in one message; those that others hold stay theirs."""
        claimed = list(self.select_for_update(skip_locked=True, of=("self",))[:limit])
        for delivery in claimed:
            delivery.status, delivery.bundled = Claimable.Status.PROCESSING, True
            delivery.attempts, delivery.claimed_until = delivery.attempts + 1, until
        type(self)(self.model).filter(pk__in=[delivery.pk for delivery in claimed]).update(
            status=Claimable.Status.PROCESSING, bundled=True, attempts=F("attempts") + 1, claimed_until=until
        )
        return claimed

    def claimed_together(self, keys: Collection[UUID], *, until: datetime | None) -> Self:
        """Those of these that are still claimed until then: nobody has taken them over."""
        return self.filter(pk__in=keys, status=Claimable.Status.PROCESSING, claimed_until=until)

    def settle_as(self, outcome: "Delivery.Outcome", *, at: datetime, reference: str = "") -> int:
        """Nothing more is tried with these. Returns how many there were."""
        return self.update(
            status=Claimable.Status.DONE,
            finished_at=at,
            claimed_until=None,
            error="",
            outcome=outcome,
            reference=reference,
        )


class Delivery(Claimable):
    """One message to one recipient. Its key is what providers and recipients know it by, however often it is tried."""

    class Outcome(models.TextChoices):
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        STALE = "stale", "Too old, not sent"
        REPLACED = "replaced", "Replaced by a newer one"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.ForeignKey(Alert, null=True, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    digest = models.ForeignKey(Digest, null=True, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    channel_name = models.TextField(help_text="As the channel was called then.")
    recipient = models.TextField(blank=True, help_text="An address, where a channel has several.")
    tier = models.TextField(choices=Tier)
    occasion = models.TextField(choices=Occasion)
    message = models.JSONField(help_text="What is said, as alerts.messages makes it; channels render it.")
    due_at = models.DateTimeField(help_text="When it was to be sent at first: much later it is stale.")
    outcome = models.TextField(choices=Outcome, blank=True, help_text="Once nothing more is tried.")
    bundled = models.BooleanField(default=False, help_text="It went out in one message with others.")
    reference = models.TextField(blank=True, help_text="What the provider calls it.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["priority", "received_at"],
                condition=Q(status__in=["queued", "processing"]),
                name="delivery_waiting",
            ),
            models.Index(fields=["alert", "id"], name="delivery_alert"),
            models.Index(fields=["id"], condition=Q(status="failed"), name="delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()} to {self.recipient or self.channel_name}"

    def settle_as(self, outcome: "Delivery.Outcome", *, at: datetime) -> None:
        """Nothing is sent, and nothing more is tried.

        Raises:
            ClaimLost: the claim ran out and somebody else took it.
        """
        self._settle(status=self.Status.DONE, finished_at=at, claimed_until=None, error="", outcome=outcome)

    def retry(self, *, at: datetime, after: timedelta, error: str) -> None:
        """Note the error, and try again later."""
        self._settle(status=self.Status.QUEUED, run_after=at + after, claimed_until=None, error=error)

    def _mine(self) -> models.QuerySet[Any]:
        # A re-send begins to count anew, so that the lease has to tell one claim from another.
        return super()._mine().filter(claimed_until=self.claimed_until)


class Notification(models.Model):
    """A message to one person in the console."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+", db_index=False)
    alert = models.ForeignKey(Alert, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    tier = models.TextField(choices=Tier)
    title = models.TextField()
    body = models.TextField(blank=True)
    link = models.TextField(blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["delivery", "user"], name="one_notification_a_person")]
        indexes = [models.Index(fields=["user", "id"], condition=Q(read_at=None), name="notification_unread")]

    def __str__(self) -> str:
        return self.title

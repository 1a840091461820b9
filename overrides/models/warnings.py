"""Messages to people whose overrides are about to end: rows, sent by who claims them."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.claims import Claimable, ClaimQuerySet
from core.ids import new_id


class ExpiryWarning(Claimable):
    """One message to one person about overrides that end at about the same time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.TextField(help_text="An email address.")
    recipient_label = models.TextField()
    overrides = ArrayField(models.UUIDField(), help_text="Keys of the requests.")
    days = models.PositiveSmallIntegerField(help_text="How many days before the end.")

    objects: Any = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["priority", "received_at"],
                condition=models.Q(status__in=["queued", "processing"]),
                name="expirywarning_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient_label}, {self.days} days before"

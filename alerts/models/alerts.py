"""Alerts, what was ruled about them, and the messages that sum several up."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform

from alerts.choices import AlertState, Occasion, Reason, Tier
from alerts.rulings import Known
from core.ids import new_id


class AlertQuerySet(models.QuerySet["Alert"]):
    """Questions about alerts."""

    def unresolved(self) -> Self:
        """Those whose cause is still there, acknowledged or not."""
        return self.exclude(state=AlertState.RESOLVED)

    def news(self, tier: str) -> Self:
        """Those of a tier of which something was not told yet, the oldest first."""
        return self.unresolved().filter(tier=tier, unsent__gt=0).order_by("pk")

    def unacknowledged(self) -> Self:
        """Those that wait for somebody."""
        return self.filter(state=AlertState.OPEN)

    def step_due(self, at: datetime) -> Self:
        """Those whose next escalation is due."""
        return self.unacknowledged().filter(next_step_at__lte=at)

    def rewrite(self, alerts: Iterable["Alert"], fields: Sequence[str]) -> None:
        """Write these fields of stored alerts, which the caller has locked, in one statement."""
        # Django's bulk_update spells a CASE out for every row and column: most of what raising an alert took.
        self.bulk_create(alerts, update_conflicts=True, unique_fields=["id"], update_fields=fields)


class Alert(models.Model):
    """A group of like facts (the same rule on the same pull request), from the first to the last of them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tier = models.TextField(choices=Tier)
    key = models.TextField(help_text="What makes facts alike, as the caller names it.")
    open_key = models.TextField(null=True, unique=True, help_text="The key until it is resolved: one open alert a key.")
    state = models.TextField(choices=AlertState, default=AlertState.OPEN)
    ruled = models.TextField(choices=Reason, blank=True, help_text="What was ruled on the newest fact.")
    title = models.TextField()
    facts = models.JSONField(default=dict)
    link = models.TextField(blank=True)
    count = models.PositiveIntegerField(default=0)
    unsent = models.PositiveIntegerField(default=0, help_text="How many came since the last message.")
    opened_at = models.DateTimeField()
    last_fact_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True)
    told = ArrayField(models.TextField(), default=list, help_text="Channels that heard of it and hear of its end.")
    chain = models.JSONField(default=list, help_text="The escalation as it was when the alert opened.")
    steps_taken = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(blank=True)
    acknowledged_via = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("acknowledge_alert", "Can acknowledge alerts")]
        constraints = [
            models.CheckConstraint(
                name="resolved_alerts_have_no_open_key",
                condition=Q(state="resolved", open_key=None, resolved_at__isnull=False)
                | ~Q(state="resolved") & Q(open_key__isnull=False, resolved_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["key", "id"], name="alert_key"),
            models.Index(fields=["state", "tier", "id"], name="alert_state"),
            models.Index(fields=["next_step_at"], condition=Q(next_step_at__isnull=False), name="alert_step"),
            models.Index(fields=["tier"], condition=Q(unsent__gt=0), name="alert_unsent"),
            # The list's filters, newest first.
            models.Index(KeyTransform("repository", "facts"), F("id"), name="alert_repository"),
            models.Index(KeyTransform("rule", "facts"), F("id"), name="alert_rule"),
        ]

    def __str__(self) -> str:
        return self.title

    def known(self) -> Known:
        """The same, as rulings read it."""
        return Known(state=AlertState(self.state), count=self.count, unsent=self.unsent, last_sent_at=self.last_sent_at)


class AlertEvent(models.Model):
    """Why something was sent, or was not. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField()
    occasion = models.TextField(choices=Occasion, blank=True, help_text="Empty where nothing is sent.")
    reason = models.TextField(choices=Reason)
    channel = models.TextField(blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["alert", "id"], name="alertevent_timeline")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.channel}".strip()


class Digest(models.Model):
    """A message about several alerts of a tier. One a window, however many workers look at the clock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tier = models.TextField(choices=Tier)
    occasion = models.TextField(choices=Occasion)
    window = models.DateTimeField(help_text="The moment at which it was due.")
    at = models.DateTimeField()
    reason = models.TextField(choices=Reason, help_text="Why it was sent, or was not.")
    news = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tier", "occasion", "window"], name="one_digest_a_window")]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()} of {self.window:%d %B %Y %H:%M}"

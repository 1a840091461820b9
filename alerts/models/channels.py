"""Where messages can go, and which of them for whose code."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from alerts.choices import ChannelKind
from core.encryption import EncryptedTextField


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Questions about channels."""

    def sending(self, at: datetime) -> Self:
        """Those that may be sent to now: switched on, not paused, and not faster than they bear."""
        ready = Q(paused_until=None) | Q(paused_until__lte=at)
        return self.filter(ready, Q(next_send_at=None) | Q(next_send_at__lte=at), enabled=True)


class Channel(models.Model):
    """One configured destination."""

    kind = models.TextField(choices=ChannelKind)
    name = models.TextField()
    settings = models.JSONField(
        default=dict, blank=True, help_text="What is not secret: recipients, a room, an address."
    )
    secrets = EncryptedTextField(blank=True, editable=False, help_text="What is secret, as JSON, encrypted at rest.")
    general = models.BooleanField(
        default=True, help_text="A policy that names the kind alone means it; otherwise it has to be named in full."
    )
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True, editable=False, help_text="Why it was switched off by itself.")
    paused_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="It keeps its queue meanwhile."
    )
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row.")
    next_send_at = models.DateTimeField(
        null=True, editable=False, help_text="Its rate limit: not to be sent to before."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_channel_of_a_name")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class ProviderEvent(models.Model):
    """Something that a provider has told us of, so that telling it again changes nothing."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_id = models.TextField(help_text="As the provider calls it.")
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "event_id"], name="one_event_of_an_id")]

    def __str__(self) -> str:
        return self.event_id


class Route(models.Model):
    """Who owns the code hears of it: other channels for some repositories, categories or tiers."""

    name = models.TextField(unique=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="The first route that fits counts.")
    tiers = ArrayField(models.TextField(), default=list, blank=True, help_text="None: all.")
    repositories = ArrayField(
        models.TextField(), default=list, blank=True, help_text="Patterns: acme/shop, acme/*. None: all."
    )
    categories = ArrayField(models.TextField(), default=list, blank=True, help_text="Patterns: Security. None: all.")
    channels = ArrayField(models.TextField(), help_text="As in a policy: slack:shop-team, email.")
    instead = models.BooleanField(default=True, help_text="Instead of the policy's channels; otherwise beside them.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def fits(self, tier: str, facts: dict[str, Any]) -> bool:
        """Whether alerts of this tier with these facts go this way."""
        return (
            (not self.tiers or tier in self.tiers)
            and _matches(self.repositories, str(facts.get("repository", "")))
            and _matches(self.categories, str(facts.get("category", "")))
        )


def _matches(patterns: list[str], value: str) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)

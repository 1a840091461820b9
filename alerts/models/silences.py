"""Muting what is known."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Self

from django.db import models
from django.db.models.functions import Now


class SilenceQuerySet(models.QuerySet["Silence"]):
    """Questions about silences."""

    def active(self, at: datetime) -> Self:
        """Those that mute something at this moment."""
        return self.filter(until__gt=at, ended_at=None)


class Silence(models.Model):
    """Alerts that match are recorded and not sent, until it ends. An empty matcher matches everything."""

    tier = models.TextField(blank=True)
    key = models.TextField(blank=True, help_text="Of one alert.")
    repository = models.TextField(blank=True, help_text="A pattern: acme/shop, acme/*.")
    rule = models.TextField(blank=True, help_text="A pattern: R01, R1*.")
    until = models.DateTimeField()
    reason = models.TextField()
    created_by = models.TextField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["-until"]

    def __str__(self) -> str:
        return f"{self.reason} (until {self.until:%d %B %Y %H:%M})"

    def matches(self, *, tier: str, key: str, facts: dict[str, Any]) -> bool:
        """Whether it mutes an alert with these facts."""
        return (
            self.tier in ("", tier)
            and self.key in ("", key)
            and _fits(self.repository, facts.get("repository"))
            and _fits(self.rule, facts.get("rule"))
        )


def _fits(pattern: str, value: object) -> bool:
    return not pattern or fnmatchcase(str(value or ""), pattern)

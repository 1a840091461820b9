"""What CI jobs sign in with, and what was signed out."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import User


def covered_by(patterns: Sequence[str], repository: str) -> bool:
    """Whether one of the patterns (``acme/*``) matches a repository's name."""
    return any(fnmatchcase(repository, pattern) for pattern in patterns)


class CITokenQuerySet(models.QuerySet["CIToken"]):
    """Questions about CI tokens."""

    def usable(self, at: datetime) -> Self:
        """Tokens that are neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)


class CIToken(models.Model):
    """What a CI job signs in with. Only the hash is kept: the token itself is shown once."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False, help_text="The token's first characters, to tell it by.")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    repositories = ArrayField(
        models.CharField(max_length=200),
        help_text="Repositories that it may report for, as patterns: acme/shop, acme/*, *.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CITokenQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "CI token"
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(revoked_at=None), name="one_live_ci_token_of_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def covers(self, repository: str) -> bool:
        """Whether this token may speak for a repository (``owner/name``)."""
        return covered_by(self.repositories, repository)


class EndedToken(models.Model):
    """A JSON web token that was signed out before its time."""

    digest = models.BinaryField(max_length=32, primary_key=True, help_text="SHA-256 of what its signature covers.")
    expires_at = models.DateTimeField(help_text="From then on it is worth nothing by itself, and the row may go.")

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="ended_token_by_expiry")]

    def __str__(self) -> str:
        return f"ended token {bytes(self.digest).hex()[:12]}"

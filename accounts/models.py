"""People and CI tokens of one tenant (in the public schema: platform operators)."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class User(AbstractUser):
    """A person. Belongs to the schema it is stored in and to no other."""

    class Meta(AbstractUser.Meta):
        ordering = ["username"]


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
        return any(fnmatchcase(repository, pattern) for pattern in self.repositories)

"""People and CI tokens of one tenant (in the public schema: platform operators)."""

from datetime import datetime, time
from fnmatch import fnmatchcase
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """A person. Belongs to the schema it is stored in and to no other."""

    sessions_ended_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Sessions and tokens from before are worth nothing."
    )

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    @property
    def era(self) -> str:
        """What sessions and tokens hold of a person beside the password: it changes when they are ended."""
        return self.sessions_ended_at.isoformat() if self.sessions_ended_at else ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What Django compares a session with: of the password, and of the era."""
        return salted_hmac(
            "accounts.User.era", f"{self.password}|{self.era}", secret=secret, algorithm="sha256"
        ).hexdigest()


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


def _known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Not a time zone of the IANA database, like Europe/Vienna.")


class Organisation(models.Model):
    """One row: where and when the tenant's people work, and who manages them."""

    PK = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=PK, editable=False)
    time_zone = models.TextField(default="UTC", validators=[_known_zone], help_text="Like Europe/Vienna.")
    opens = models.TimeField(default=time(9), help_text="When business hours begin, Monday to Friday.")
    closes = models.TimeField(default=time(18), help_text="When business hours end.")
    managers = ArrayField(
        models.EmailField(),
        default=list,
        blank=True,
        help_text="Addresses that hear of what nobody acknowledges. None: the tenant's administrators.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "organisation"
        constraints = [
            models.CheckConstraint(name="one_row_of_organisation", condition=Q(pk=1)),
            models.CheckConstraint(name="business_hours_end_after_they_begin", condition=Q(closes__gt=F("opens"))),
        ]

    def __str__(self) -> str:
        return "Organisation"

    @classmethod
    def current(cls) -> "Organisation":
        """The tenant's organisation; the defaults where nothing was ever changed."""
        return cls.objects.filter(pk=cls.PK).first() or cls(pk=cls.PK)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

"""Where and when a tenant's people work."""

from datetime import time
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q


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

"""How each tier is told of, and when nobody is to be disturbed."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from alerts.choices import Frequency, Tier
from alerts.escalation import Step, thawed
from alerts.rulings import Terms


class AlertPolicy(models.Model):
    """One tier's policy. Every schema has all three from its first migration on."""

    tier = models.TextField(primary_key=True, choices=Tier)
    channels = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Kinds (slack, email, pagerduty, in_app, webhook, apprise), or one channel as kind:name.",
    )
    threshold = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    deduplication_window = models.DurationField(
        default=timedelta(hours=1), help_text="The same facts are not repeated inside it."
    )
    frequency = models.TextField(choices=Frequency, default=Frequency.IMMEDIATE)
    aggregation_window = models.DurationField(
        null=True, blank=True, help_text="News of this long go out together once they reach the threshold."
    )
    max_per_day = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Batches and summaries of a day.")
    summary_time = models.TimeField(null=True, blank=True, help_text="In the organisation's time zone.")
    quiet_hours = models.BooleanField(default=False, help_text="Messages wait for business hours.")
    escalation = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        ordering = ["tier"]
        verbose_name = "alert policy"
        verbose_name_plural = "alert policies"
        constraints = [
            models.CheckConstraint(name="alert_policy_threshold_counts", condition=Q(threshold__gte=1)),
            models.CheckConstraint(
                name="alert_policy_summaries_have_a_time",
                condition=Q(frequency=Frequency.IMMEDIATE) | Q(summary_time__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(Tier(self.tier).label)

    @property
    def chain(self) -> list[Step]:
        """Whom to tell next while nobody acknowledges."""
        return thawed(self.escalation)

    def terms(self) -> Terms:
        """The same, as rulings read them."""
        return Terms(threshold=self.threshold, window=self.deduplication_window, frequency=Frequency(self.frequency))


class AlertSettings(models.Model):
    """One row: the switch for emergencies."""

    PK = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=PK, editable=False)
    everything_passes_until = models.DateTimeField(
        null=True, blank=True, help_text="An emergency: until then neither quiet hours nor holidays hold messages back."
    )

    class Meta:
        verbose_name = verbose_name_plural = "alert settings"
        constraints = [models.CheckConstraint(name="one_row_of_alert_settings", condition=Q(pk=1))]

    def __str__(self) -> str:
        return "Alert settings"

    @classmethod
    def current(cls) -> "AlertSettings":
        """The settings; the defaults where nothing was ever changed."""
        return cls.objects.filter(pk=cls.PK).first() or cls(pk=cls.PK)

    def emergency(self, at: datetime) -> bool:
        """Whether everything passes at this moment."""
        return self.everything_passes_until is not None and at < self.everything_passes_until


class Holiday(models.Model):
    """A day on which nobody is disturbed by what can wait."""

    day = models.DateField(primary_key=True)
    name = models.TextField()

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

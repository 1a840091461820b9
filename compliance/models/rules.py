"""The catalogue of rules, and the terms under which a tenant judges."""

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q

from compliance.choices import UNATTRIBUTED, Enforcement, Severity
from compliance.retention import LONGEST_KEPT_DAYS, MIN_TREND_DAYS, MIN_VIOLATION_DAYS, Horizons, horizons
from compliance.score import Weights
from compliance.verdict import Terms

LONGEST_OVERRIDE_DAYS = 365
"""What a tenant may allow at most."""


def _kept_days(default: int, *, at_least: int, help_text: str) -> Any:
    limits = [MinValueValidator(at_least), MaxValueValidator(LONGEST_KEPT_DAYS)]
    return models.PositiveSmallIntegerField(default=default, validators=limits, help_text=help_text)


class RuleQuerySet(models.QuerySet["Rule"]):
    """Questions about rules."""

    def catalogued(self) -> Self:
        """The rules proper, without the stand-in for unattributed messages."""
        return self.exclude(pk=UNATTRIBUTED)

    def counting(self) -> Self:
        """Rules whose violations count in scores and verdicts."""
        return self.filter(enforcement=Enforcement.ENFORCE)

    def required(self) -> Self:
        """Rules that some source must have evaluated before a pull request may merge."""
        return self.catalogued().counting().filter(tier=Severity.BLOCK)


class Rule(models.Model):
    """A compliance rule. The catalogue brings it (``sync_rules``); tenants edit how it counts and what it says."""

    EDITABLE = ("tier", "enforcement", "packages", "description", "remediation", "runbook_url")
    """Fields that a tenant may make its own; ``sync_rules`` leaves those that it did alone."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    description = models.TextField()
    tier = models.TextField(choices=Severity)
    category = models.TextField()
    rule_file = models.TextField(blank=True)
    policy = models.TextField(blank=True, help_text="The .rego file that checks it.")
    override_marker = models.TextField(blank=True)
    packages = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Policy packages that evaluate this rule, aliases included.",
    )
    remediation = models.TextField(blank=True)
    runbook_url = models.TextField(
        "runbook",
        blank=True,
        validators=[URLValidator(["https", "http"])],
        help_text="Where your own instructions for this rule are.",
    )
    enforcement = models.TextField(choices=Enforcement, default=Enforcement.ENFORCE)
    edited = ArrayField(models.TextField(), default=list, blank=True, editable=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="unattributed_is_always_enforced",
                condition=~Q(id=UNATTRIBUTED) | Q(enforcement=Enforcement.ENFORCE),
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class TenantSettings(models.Model):
    """One row: how scores are made and what may merge."""

    PK = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=PK, editable=False)
    block_weight = models.PositiveSmallIntegerField(default=10, help_text="Points a BLOCK violation costs.")
    override_weight = models.PositiveSmallIntegerField(default=3, help_text="Points an OVERRIDE violation costs.")
    warning_weight = models.PositiveSmallIntegerField(default=1, help_text="Points a WARNING costs.")
    threshold = models.PositiveSmallIntegerField(
        default=70,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="A pull request under this score may not merge.",
    )
    require_complete = models.BooleanField(
        default=True, help_text="A pull request may not merge before every enforced BLOCK rule was evaluated."
    )
    override_waives_threshold = models.BooleanField(
        default=True,
        help_text="Once every BLOCK violation is covered, the score no longer stops the merge.",
    )
    longest_override_days = models.PositiveSmallIntegerField(
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_OVERRIDE_DAYS)],
        help_text="An override holds at most so many days. Those that are approved keep their end.",
    )
    violations_kept_days = _kept_days(
        90,
        at_least=MIN_VIOLATION_DAYS,
        help_text="Resolved violations, and evaluations with their checks. Live violations stay for ever.",
    )
    trends_kept_days = _kept_days(365, at_least=MIN_TREND_DAYS, help_text="The figures of each day.")
    alerts_kept_days = _kept_days(30, at_least=1, help_text="Resolved alerts, with their messages and notifications.")
    payloads_kept_days = _kept_days(
        30, at_least=1, help_text="Reports as they came in. What was found in them is kept as violations are."
    )

    class Meta:
        verbose_name = verbose_name_plural = "settings"
        constraints = [
            models.CheckConstraint(name="one_row_of_settings", condition=Q(pk=1)),
            models.CheckConstraint(name="threshold_is_a_score", condition=Q(threshold__lte=100)),
            models.CheckConstraint(
                name="an_override_ends",
                condition=Q(longest_override_days__gte=1, longest_override_days__lte=LONGEST_OVERRIDE_DAYS),
            ),
            models.CheckConstraint(
                name="what_is_kept_ends",
                condition=Q(
                    violations_kept_days__range=(MIN_VIOLATION_DAYS, LONGEST_KEPT_DAYS),
                    trends_kept_days__range=(MIN_TREND_DAYS, LONGEST_KEPT_DAYS),
                    alerts_kept_days__range=(1, LONGEST_KEPT_DAYS),
                    payloads_kept_days__range=(1, LONGEST_KEPT_DAYS),
                ),
            ),
            models.CheckConstraint(
                name="a_report_goes_before_what_it_came_to",
                condition=Q(payloads_kept_days__lte=models.F("violations_kept_days")),
            ),
        ]

    def __str__(self) -> str:
        return "Settings"

    @classmethod
    def current(cls) -> "TenantSettings":
        """The tenant's settings; the defaults where nothing was ever changed."""
        return cls.objects.filter(pk=cls.PK).first() or cls(pk=cls.PK)

    def clean(self) -> None:
        """What was read from a report outlives the report itself."""
        if self.payloads_kept_days > self.violations_kept_days:
            longest = f"At most {self.violations_kept_days}: not longer than violations and evaluations are kept."
            raise ValidationError({"payloads_kept_days": longest})

    def horizons(self, *, at: datetime) -> Horizons:
        """What ended before these moments may go; ``horizons(at=…).trends`` is where trends begin."""
        return horizons(
            at=at,
            violations=self.violations_kept_days,
            trends=self.trends_kept_days,
            alerts=self.alerts_kept_days,
            payloads=self.payloads_kept_days,
        )

    def terms(self) -> Terms:
        """The same, as the verdict reads them."""
        return Terms(
            weights=Weights(block=self.block_weight, override=self.override_weight, warning=self.warning_weight),
            threshold=self.threshold,
            require_complete=self.require_complete,
            override_waives_threshold=self.override_waives_threshold,
        )

"""The catalogue of rules, and the terms under which a tenant judges."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from compliance.choices import UNATTRIBUTED, Enforcement, Severity
from compliance.score import Weights
from compliance.verdict import Terms

LONGEST_OVERRIDE_DAYS = 365
"""What a tenant may allow at most."""


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

    EDITABLE = ("tier", "enforcement", "packages", "description", "remediation")
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

    class Meta:
        verbose_name = verbose_name_plural = "settings"
        constraints = [
            models.CheckConstraint(name="one_row_of_settings", condition=Q(pk=1)),
            models.CheckConstraint(name="threshold_is_a_score", condition=Q(threshold__lte=100)),
            models.CheckConstraint(
                name="an_override_ends",
                condition=Q(longest_override_days__gte=1, longest_override_days__lte=LONGEST_OVERRIDE_DAYS),
            ),
        ]

    def __str__(self) -> str:
        return "Settings"

    @classmethod
    def current(cls) -> "TenantSettings":
        """The tenant's settings; the defaults where nothing was ever changed."""
        return cls.objects.filter(pk=cls.PK).first() or cls(pk=cls.PK)

    def terms(self) -> Terms:
        """The same, as the verdict reads them."""
        return Terms(
            weights=Weights(block=self.block_weight, override=self.override_weight, warning=self.warning_weight),
            threshold=self.threshold,
            require_complete=self.require_complete,
            override_waives_threshold=self.override_waives_threshold,
        )

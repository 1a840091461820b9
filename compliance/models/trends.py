"""What each day came to, per rule and repository: kept when the rows that it was counted from are gone."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from compliance.models.pulls import Repository
from compliance.models.rules import Rule
from compliance.trends import BANDS, COLUMNS, Figures
from core.ids import new_id


def no_scores() -> list[int]:
    """A histogram in which nothing stands."""
    return [0] * BANDS


class TrendQuerySet(models.QuerySet["Trend"]):
    """Questions about trends."""

    def over_all(self) -> Self:
        """Over all rules and repositories: one row for every day that was counted, an empty one too."""
        return self.filter(repository=None, rule=None)


class Trend(models.Model):
    """One day of the tenant, of a repository (null = all of them) and a rule (null = over all rules).

    A repository or rule has no row of a day on which there was nothing to count of it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    date = models.DateField(help_text="From midnight to midnight in the tenant's time zone.")
    repository = models.ForeignKey(
        Repository, null=True, on_delete=models.CASCADE, related_name="trends", db_index=False
    )
    rule = models.ForeignKey(Rule, null=True, on_delete=models.CASCADE, related_name="trends", db_index=False)
    evaluations = models.PositiveIntegerField(default=0, help_text="That counted; of a rule, those that checked it.")
    checks = models.PositiveIntegerField(default=0)
    passes = models.PositiveIntegerField(default=0, help_text="Checks that found nothing.")
    excused = models.PositiveIntegerField(default=0, help_text="Checks whose findings an override covered.")
    violations_new = models.PositiveIntegerField(default=0, help_text="Found for the first time.")
    violations_returned = models.PositiveIntegerField(default=0, help_text="Were resolved, and live again.")
    violations_resolved = models.PositiveIntegerField(default=0, help_text="For whatever reason.")
    violations_fixed = models.PositiveIntegerField(default=0, help_text="Resolved because reports find them no more.")
    violations_open = models.PositiveIntegerField(default=0, help_text="When the day ended.")
    violations_overridden = models.PositiveIntegerField(default=0, help_text="When the day ended.")
    scored = models.PositiveIntegerField(default=0, help_text="Evaluations with a score.")
    score_sum = models.PositiveBigIntegerField(default=0)
    score_histogram = ArrayField(models.PositiveIntegerField(), default=no_scores, help_text="0–9, 10–19 … 90–100.")
    hours_sum = models.FloatField(default=0, help_text="From first seen to fixed, over what was fixed.")
    hours_p90 = models.FloatField(null=True)
    hours_spread = models.JSONField(default=dict, help_text="How many took how long, so that days can be put together.")
    built_at = models.DateTimeField(help_text="As of when it was counted.")

    objects = TrendQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "repository", "rule"]
        constraints = [
            # A repository's and a rule's days stand side by side.
            models.UniqueConstraint(
                fields=["repository", "rule", "date"], name="one_trend_of_a_day", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["date"], name="trend_date"),
            models.Index(fields=["date", "repository"], condition=Q(rule=None), name="trend_repositories"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.rule_id or 'all rules'}"

    @property
    def figures(self) -> Figures:
        """What was counted."""
        return Figures(**{name: getattr(self, name) for name in COLUMNS})


class TrendRebuild(models.Model):
    """A rebuild of trends, and how far it has come: one that was stopped goes on from there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first = models.DateField()
    last = models.DateField()
    next = models.DateField(help_text="The day that is counted next.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "last"], condition=Q(finished_at=None), name="one_unfinished_rebuild_of_a_span"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"

"""Figures that beat takes every minute, and what the processes tell of themselves in between.

Samples and episodes are kept in each schema, for whom they concern; readings and tallies in the public one alone,
where one statement reads them for all tenants.
"""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.ids import new_id


class SampleQuerySet(models.QuerySet["Sample"]):
    """Questions about samples."""

    def between(self, since: datetime, until: datetime) -> Self:
        """Those of this time, the oldest first."""
        return self.filter(at__gte=since, at__lte=until).order_by("at")


class Sample(models.Model):
    """The figures of one moment: of the tenant, in the public schema of the platform."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # One a minute, however many workers take it.
    at = models.DateTimeField(unique=True)
    figures = models.JSONField(default=dict)

    objects = SampleQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "system health"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class TenantReading(models.Model):
    """The newest figures of one tenant, where operators and ``/metrics`` read them. Public schema alone.

    The platform's turn writes what is known of all tenants at once, the tenant's own turn the rest.
    """

    schema_name = models.TextField(primary_key=True)
    at = models.DateTimeField(null=True, help_text="Of the figures.")
    figures = models.JSONField(default=dict, help_text="What the tenant's own tables say.")
    traffic_at = models.DateTimeField(null=True)
    traffic = models.JSONField(default=dict, help_text="Queries and answers since the turn before.")
    marks = models.JSONField(
        default=dict, help_text="Where running totals stood: the next turn holds what has come since."
    )

    class Meta:
        ordering = ["schema_name"]
        verbose_name = "tenant's health"
        verbose_name_plural = "health of all tenants"

    def __str__(self) -> str:
        return self.schema_name


class ProcessReadingQuerySet(models.QuerySet["ProcessReading"]):
    """Questions about processes."""

    def heard_since(self, at: datetime) -> Self:
        """Those that have told of themselves since."""
        return self.filter(at__gte=at)


class ProcessReading(models.Model):
    """What one web, worker, inbox or beat process last told of itself. Public schema alone."""

    name = models.TextField(primary_key=True, help_text="Host and process id.")
    kind = models.TextField()
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    pool_max = models.PositiveIntegerField(default=0, help_text="Connections that its pool may hold.")
    pool_size = models.PositiveIntegerField(default=0, help_text="Connections that it holds.")
    pool_active = models.PositiveIntegerField(default=0, help_text="Those of them that are lent out.")
    pool_waiting = models.PositiveIntegerField(default=0, help_text="Who waits for one.")
    pool_busy = models.FloatField(default=0, help_text="Mean of lent ÷ allowed since it told last, 0 to 1.")

    objects = ProcessReadingQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ResponseTally(models.Model):
    """How many requests a tenant's host has answered, and how fast, since ever. Public schema alone.

    Processes add what has come since they told last, so that the totals outlive them and never fall.
    """

    schema_name = models.TextField(primary_key=True)
    requests = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0, help_text="Answers of 500 and above.")
    polls = models.PositiveBigIntegerField(default=0, help_text="Requests of pages and CI that look for news.")
    polls_failed = models.PositiveBigIntegerField(default=0)
    total_ms = models.FloatField(default=0)
    buckets = ArrayField(models.BigIntegerField(), help_text="By operations.histogram.BOUNDS.")

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return self.schema_name

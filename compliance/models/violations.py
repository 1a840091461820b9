"""Findings over their life, and every change of their state."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q

from compliance.choices import Enforcement, Resolution, Severity, Status
from compliance.models.evaluations import Evaluation
from compliance.models.pulls import PullRequest, Repository
from compliance.models.rules import Rule
from core.ids import new_id


class ViolationQuerySet(models.QuerySet["Violation"]):
    """Questions about violations."""

    def live(self) -> Self:
        """Violations that still count: neither fixed, nor gone with their pull request, nor false."""
        return self.filter(resolved_at=None)

    def counting(self) -> Self:
        """Live violations of enforced rules."""
        return self.live().filter(rule__enforcement=Enforcement.ENFORCE)

    def uncovered(self, at: datetime) -> Self:
        """Live violations that no override covers at this time."""
        return self.live().filter(Q(status=Status.OPEN) | Q(override_until__lte=at))


class Violation(models.Model):
    """One finding on one pull request, from the report that first claimed it to its resolution, and back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Thousands of rows arrive at once, from one place and under the pull request's lock: what a foreign key would
    # check is known there, and checking it row by row takes as long as writing the rows (docs/adr/0003).
    pull_request = models.ForeignKey(
        PullRequest, on_delete=models.CASCADE, related_name="violations", db_index=False, db_constraint=False
    )
    repository = models.ForeignKey(
        Repository, on_delete=models.PROTECT, related_name="violations", db_index=False, db_constraint=False
    )
    rule = models.ForeignKey(
        Rule, on_delete=models.PROTECT, related_name="violations", db_index=False, db_constraint=False
    )
    source = models.TextField()
    package = models.TextField(blank=True)
    severity = models.TextField(choices=Severity)
    status = models.TextField(choices=Status, default=Status.OPEN)
    resolution = models.TextField(choices=Resolution, blank=True)
    file_path = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True)
    message = models.TextField()
    context = models.JSONField(default=dict, blank=True)
    fingerprint = models.UUIDField()
    commit_sha = models.TextField(help_text="The commit that it was first seen on, or seen again after it was gone.")
    first_seen = models.DateTimeField(help_text="The key is of the same moment: a span of time is a span of keys.")
    last_seen = models.DateTimeField(help_text="Of a live row at least; its rule's state knows when it was seen since.")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(blank=True)
    override_reason = models.TextField(blank=True)
    override_approved_by = models.TextField(blank=True)
    override_until = models.DateTimeField(null=True)
    override_severity = models.TextField(choices=Severity, blank=True, help_text="The severity that the approver saw.")

    objects = ViolationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            # The key is in it too, so that those of many pull requests are put in order without reading their rows.
            models.UniqueConstraint(
                fields=["pull_request", "source", "fingerprint"], include=["id"], name="one_violation_of_a_fingerprint"
            ),
            models.CheckConstraint(
                name="resolved_violations_say_when_and_why",
                condition=Q(status="RESOLVED", resolved_at__isnull=False) & ~Q(resolution="")
                | ~Q(status="RESOLVED") & Q(resolved_at=None, resolution=""),
            ),
        ]
        # Keys ascend and are read backwards: new rows then land at the end of each index, which is twice as fast.
        indexes = [
            models.Index(fields=["rule", "id"], name="violation_rule"),
            models.Index(fields=["repository", "id"], name="violation_repository"),
            models.Index(OpClass(F("file_path"), name="text_pattern_ops"), include=["id"], name="violation_file"),
            models.Index(fields=["rule", "file_path"], condition=Q(resolved_at=None), name="violation_live"),
            # Only for what is rare, so that a new violation, most often an open warning, is in neither.
            models.Index(fields=["rule", "id"], condition=Q(severity="BLOCK"), name="violation_blocking"),
            models.Index(fields=["severity", "id"], condition=~Q(severity="WARNING"), name="violation_severity"),
            models.Index(fields=["status", "id"], condition=~Q(status="OPEN"), name="violation_status"),
            models.Index(fields=["resolution", "id"], condition=~Q(resolution=""), name="violation_resolution"),
            models.Index(fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="violation_resolved"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} in {self.file_path or 'no file'}"


class Transition(models.Model):
    """A change of a violation's state. Append-only."""

    class Cause(models.TextChoices):
        FOUND = "found", "Found"
        RETURNED = "returned", "Found again"
        FIXED = "fixed", "No longer found"
        CLOSED = "closed", "Pull request closed"
        MERGED = "merged", "Pull request merged"
        REOPENED = "reopened", "Pull request reopened"
        SEVERITY_RAISED = "severity_raised", "Graver than what was approved"
        COVERED = "covered", "Covered by an override"
        UNCOVERED = "uncovered", "Override ended"
        DISMISSED = "dismissed", "Approved as a false positive"
        REINSTATED = "reinstated", "Approval as a false positive revoked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    violation = models.ForeignKey(
        Violation, on_delete=models.CASCADE, related_name="transitions", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    from_status = models.TextField(blank=True)
    to_status = models.TextField()
    cause = models.TextField(choices=Cause)
    evaluation = models.ForeignKey(
        Evaluation, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["violation", "at"], name="transition_timeline")]

    def __str__(self) -> str:
        return f"{self.from_status or '—'} → {self.to_status}"

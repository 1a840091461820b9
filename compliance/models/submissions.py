"""The inbox: every report that was answered 202, until it is judged and after."""

from typing import Any

from django.db import models
from django.db.models import Max, Q

from compliance.choices import Format, Urgency
from core.claims import Claimable, ClaimQuerySet
from core.ids import new_id


class SubmissionQuerySet(ClaimQuerySet):
    """Questions about the inbox."""

    def blocking(self) -> "SubmissionQuerySet":
        """Reports that probably carry BLOCK violations."""
        return self.filter(priority=Urgency.BLOCKING)

    def about(self, repository: str, number: int | None) -> "SubmissionQuerySet":
        """Reports about this pull request, or default branch where the number is None."""
        return self.filter(repository=repository, number=number)

    def unreplaced_failures(self) -> "list[Submission]":
        """Failed reports of one pull request after which their source has sent none that was judged.

        A late report that only was recorded replaces nothing.
        """
        failed = list(self.filter(status=Claimable.Status.FAILED).order_by("received_at"))
        if not failed:
            return []
        done = self.filter(status=Claimable.Status.DONE, evaluation__superseded="").order_by().values_list("source")
        newest = dict(done.annotate(Max("received_at")))
        return [report for report in failed if report.received_at >= newest.get(report.source, report.received_at)]


class Submission(Claimable):
    """One report as it came in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    repository = models.TextField()
    number = models.PositiveIntegerField(null=True)
    branch = models.TextField(blank=True)
    commit_sha = models.TextField()
    source = models.TextField()
    format = models.TextField(choices=Format)
    run_id = models.TextField()
    part = models.TextField(blank=True, help_text="Tells the checks of one run apart that are posted one by one.")
    payload = models.BinaryField(help_text="The report as JSON, compressed with zlib.")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 over the report with its keys sorted.")
    submitted_by = models.TextField()

    objects: Any = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "report"
        verbose_name_plural = "reports"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "run_id", "source", "part"], name="one_submission_of_a_run")
        ]
        indexes = [
            models.Index(
                fields=["priority", "received_at"],
                condition=Q(status__in=["queued", "processing"]),
                name="submission_waiting",
            ),
            models.Index(fields=["repository", "number"], condition=~Q(status="done"), name="submission_unjudged"),
        ]

    def __str__(self) -> str:
        return f"{self.repository} {self.source} {self.run_id}"

"""Repositories, and the pull requests and default branches that are judged."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.choices import PullState, Verdict
from compliance.score import Counts
from core.ids import new_id


class Repository(models.Model):
    """A code repository, known by its full name (``owner/name``)."""

    name = models.TextField(unique=True)
    web_url = models.URLField(blank=True)
    default_branch = models.TextField(
        blank=True, help_text="Empty until a report on it, or somebody who knows, has named it."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    host = models.ForeignKey(
        "compliance.CodeHost",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="repositories",
        db_index=False,
        verbose_name="code host",
        help_text="Who is told of verdicts. A webhook sets it; empty: the only one that there is.",
    )
    sends_status = models.BooleanField(
        "commit status", default=True, help_text="Tell the code host each verdict as a commit status."
    )
    sends_comment = models.BooleanField(
        "comment", default=True, help_text="Keep one comment on each pull request up to date."
    )
    trusted_policies = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Policy revisions whose reports may let a pull request pass. Empty: any.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.name

    def trusts(self, policy_revision: str) -> bool:
        """Whether reports of this policy revision may let a pull request pass."""
        return not self.trusted_policies or policy_revision in self.trusted_policies


class PullRequestQuerySet(models.QuerySet["PullRequest"]):
    """Questions about pull requests."""

    def open(self) -> Self:
        """What is still judged: open pull requests and default branches."""
        return self.filter(state=PullState.OPEN)

    def named(self, repository: str, number: int | None) -> Self:
        """The pull request of this number, or the default branch where the number is None."""
        return self.filter(repository__name=repository, number=number)

    def lapsed(self, at: datetime) -> Self:
        """Those whose verdict rested on an override that has run out."""
        return self.open().filter(verdict_until__lte=at)


class PullRequest(models.Model):
    """A pull request, or (number null) a repository's default branch; its counters and verdict as last judged."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="pull_requests")
    number = models.PositiveIntegerField(null=True, blank=True)
    branch = models.TextField(blank=True)
    base_branch = models.TextField(blank=True)
    title = models.TextField(blank=True)
    author = models.TextField(blank=True)
    url = models.TextField(blank=True)
    state = models.TextField(choices=PullState, default=PullState.OPEN)
    description = models.TextField(blank=True)
    override_markers = ArrayField(models.TextField(), default=list, blank=True)
    head_sha = models.TextField(blank=True)
    head_awaited = models.BooleanField(
        default=False, help_text="The code host has named the head commit, and no report on it was judged since."
    )
    host_updated_at = models.DateTimeField(null=True, help_text="As of when the code host has told us of it.")
    comment_id = models.TextField(blank=True, help_text="Our comment at the code host.")
    head_started_at = models.DateTimeField(null=True, help_text="Start of the newest run judged for the head commit.")

    block_count = models.PositiveIntegerField(default=0)
    override_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    open_block_count = models.PositiveIntegerField(default=0)
    open_override_count = models.PositiveIntegerField(default=0)
    open_warning_count = models.PositiveIntegerField(default=0)
    score = models.PositiveSmallIntegerField(default=100)
    open_score = models.PositiveSmallIntegerField(default=100)
    verdict = models.TextField(choices=Verdict, default=Verdict.PENDING)
    verdict_until = models.DateTimeField(null=True, help_text="When its first cover ends, and it is judged anew.")
    reward_score = models.FloatField(null=True)
    last_checked = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PullRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "number"], name="one_pull_request_of_a_number", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="open"), name="pullrequest_open"),
            models.Index(fields=["author"], name="pullrequest_author"),
            models.Index(fields=["number"], name="pullrequest_number"),
            models.Index(fields=["verdict_until"], condition=Q(verdict_until__isnull=False), name="pullrequest_lapses"),
        ]

    def __str__(self) -> str:
        return f"{self.repository.name}#{self.number}" if self.number else f"{self.repository.name} default branch"

    @property
    def counts(self) -> Counts:
        """Live violations that count, covered ones included."""
        return Counts(self.block_count, self.override_count, self.warning_count)

    @property
    def open_counts(self) -> Counts:
        """Live violations that count and that no override covers."""
        return Counts(self.open_block_count, self.open_override_count, self.open_warning_count)

"""Code hosts: how a tenant reaches GitHub and GitLab, what they have told us, and what they are still to be told."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest, Now

from compliance.choices import HostKind, Update
from compliance.models.pulls import PullRequest, Repository
from core.claims import Claimable, ClaimQuerySet
from core.encryption import EncryptedTextField
from core.ids import new_id


class CodeHostQuerySet(models.QuerySet["CodeHost"]):
    """Questions about code hosts."""

    def enabled(self) -> Self:
        """Those that are heard and told."""
        return self.filter(enabled=True)


class CodeHost(models.Model):
    """A GitHub or GitLab, with what we sign in with there and what it signs its webhooks with."""

    kind = models.TextField(choices=HostKind)
    name = models.CharField(max_length=100, unique=True)
    base_url = models.URLField(
        "API address",
        help_text="https://api.github.com, https://github.example.com/api/v3, https://gitlab.com",
    )
    token = EncryptedTextField(blank=True, help_text="What statuses and comments are written with.")
    webhook_secret = EncryptedTextField(blank=True, help_text="What the host signs its webhooks with.")
    enabled = models.BooleanField(default=True)
    creates_repositories = models.BooleanField(
        "new repositories", default=True, help_text="A webhook of a repository that no report has named creates it."
    )
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is sent before: its rate limit.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CodeHostQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """A webhook that was taken in, so that it is not taken in again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    host = models.ForeignKey(CodeHost, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    delivery_id = models.TextField()
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the body: the id is signed by nobody.")
    event = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "delivery_id"], name="one_webhook_of_a_delivery_id"),
            models.UniqueConstraint(fields=["host", "digest"], name="one_webhook_of_a_body"),
        ]
        indexes = [models.Index(fields=["received_at"], name="webhook_age")]

    def __str__(self) -> str:
        return f"{self.event} {self.delivery_id}"


class NamedHead(models.Model):
    """A commit that the code host has named as a pull request's head, now or once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="named_heads", db_index=False)
    commit_sha = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pull_request", "commit_sha"], name="one_named_head_of_a_commit")
        ]

    def __str__(self) -> str:
        return self.commit_sha


class MergeGroup(models.Model):
    """A commit of a merge queue that waits for our verdict on the pull request that it adds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="merge_groups", db_index=False)
    number = models.PositiveIntegerField(help_text="The pull request that the queue adds.")
    head_sha = models.TextField()
    base_branch = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "head_sha"], name="one_merge_group_of_a_commit")]
        indexes = [models.Index(fields=["repository", "number"], name="mergegroup_pull")]

    def __str__(self) -> str:
        return f"{self.repository} queue #{self.number}"


class StatusUpdateQuerySet(ClaimQuerySet):
    """Questions about what code hosts are to be told."""

    def sendable(self) -> Self:
        """Those whose host is not switched off."""
        return self.filter(host__enabled=True)

    def due(self, at: datetime) -> Self:
        """Leaves hosts alone that are switched off, or have asked us to wait."""
        free = Q(host__paused_until=None) | Q(host__paused_until__lte=at)
        return super().due(at).sendable().filter(free)

    def next_due(self) -> datetime | None:
        """When the first queued row may be tried, its host's wish to wait included."""
        queued = self.filter(status=Claimable.Status.QUEUED).annotate(
            free_at=Greatest("run_after", Coalesce("host__paused_until", "run_after"))
        )
        first: datetime | None = queued.order_by("free_at").values_list("free_at", flat=True).first()
        return first


class StatusUpdate(Claimable):
    """The outbox: a commit whose status, or a pull request whose comment, a code host is to be told.

    One row per commit and per pull request, whatever happens to it: the row says that something has changed, and what
    is sent is what holds when it is sent. So the newest state is always the last that is sent, however many workers.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField(choices=Update)
    host = models.ForeignKey(CodeHost, on_delete=models.CASCADE, related_name="updates", db_index=False)
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="updates", db_index=False)
    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="updates")
    target = models.TextField(help_text="The commit of a status, the pull request's number of a comment.")
    generation = models.PositiveIntegerField(default=1, help_text="How often it has changed.")
    sent = models.TextField(blank=True, help_text="What was sent last: the same is not sent again.")
    sent_at = models.DateTimeField(null=True)

    objects: Any = StatusUpdateQuerySet.as_manager()

    class Meta:
        verbose_name = "message to the code host"
        verbose_name_plural = "messages to the code host"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "kind", "target"], name="one_update_of_a_target"),
        ]
        indexes = [
            models.Index(
                fields=["priority", "received_at"],
                condition=Q(status__in=["queued", "processing"]),
                name="statusupdate_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target[:12]}"

    def finish(self, *, at: datetime) -> None:
        """Done, unless something has changed since the claim: then it is sent once more."""
        done = {"status": self.Status.DONE, "finished_at": at, "claimed_until": None, "error": ""}
        if self._mine().filter(generation=self.generation).update(**done):
            return
        self._settle(status=self.Status.QUEUED, run_after=at, attempts=0, claimed_until=None, error="")

    def put_back(self, *, at: datetime, after: timedelta, error: str = "") -> None:
        """Return the claim unused, with the reason: the attempt does not count."""
        attempts = max(0, self.attempts - 1)
        self._settle(
            status=self.Status.QUEUED, attempts=attempts, run_after=at + after, claimed_until=None, error=error
        )

    def retry(self, *, at: datetime, after: timedelta, error: str) -> None:
        """Note the error, and try again later."""
        self._settle(status=self.Status.QUEUED, run_after=at + after, claimed_until=None, error=error)

    def fail(self, *, at: datetime, error: str, permanent: bool = False) -> None:
        """Note the error and give up, unless something has changed since the claim: then it is sent once more."""
        failed = {"status": self.Status.FAILED, "finished_at": at, "claimed_until": None, "error": error}
        if self._mine().filter(generation=self.generation).update(**failed):
            self.status = self.Status.FAILED
            return
        self._settle(status=self.Status.QUEUED, run_after=at, attempts=0, claimed_until=None, error=error)

    def _mine(self) -> models.QuerySet[Any]:
        # Attempts start anew with every change, so that the lease has to tell one claim from another.
        return super()._mine().filter(claimed_until=self.claimed_until)

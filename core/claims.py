"""Work that waits in a table: claimed by one worker at a time, tried again, taken over when a worker dies.

The claim is committed with ``attempts + 1`` before the work begins, so that a row that kills its worker runs out of
attempts instead of going round for ever. Who finishes a claim names the attempt it was: a worker that was thought
dead and taken over from cannot finish what is no longer its own.
"""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q

MAX_ATTEMPTS = 3
FIRST_RETRY = timedelta(seconds=2)


def backoff(attempts: int) -> timedelta:
    """How long to wait after the attempt of this number (from 1) failed: 2 s, 4 s, 8 s, …"""
    return FIRST_RETRY * int(2 ** (attempts - 1))


class ClaimLost(Exception):
    """Somebody took the work over; what was done under the old claim must be rolled back."""


class ClaimQuerySet(models.QuerySet[Any]):
    """Taking work."""

    def waiting(self) -> Self:
        """Work that is neither done nor given up, claimed or not."""
        return self.filter(status__in=[Claimable.Status.QUEUED, Claimable.Status.PROCESSING])

    def due(self, at: datetime) -> Self:
        """Work that may be claimed now: queued, or left behind by a worker whose claim ran out."""
        queued = Q(status=Claimable.Status.QUEUED, run_after__lte=at)
        return self.waiting().filter(queued | Q(status=Claimable.Status.PROCESSING, claimed_until__lt=at))

    def next_due(self) -> datetime | None:
        """When the first queued row may be tried; None where none is queued."""
        queued = self.filter(status=Claimable.Status.QUEUED)
        return queued.order_by("run_after").values_list("run_after", flat=True).first()

    def claim_next(self, *, at: datetime, lease: timedelta) -> Any | None:
        """Claim the most urgent due row and commit that; None where nothing is due.

        Must not be called inside a transaction: the claim would vanish with the work.
        """
        with transaction.atomic(durable=True):
            row = (
                self.due(at)
                .select_for_update(skip_locked=True, of=("self",))
                .order_by("priority", "received_at")
                .first()
            )
            if row is None:
                return None
            row.status = Claimable.Status.PROCESSING
            row.attempts += 1
            row.claimed_until = at + lease
            row.save(update_fields=["status", "attempts", "claimed_until"])
        return row


class Claimable(models.Model):
    """A row of work."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        PROCESSING = "processing", "Processing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    status = models.TextField(choices=Status, default=Status.QUEUED)
    priority = models.SmallIntegerField(default=5, help_text="Lower is sooner.")
    attempts = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    run_after = models.DateTimeField(help_text="Not to be tried before.")
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True

    def hold(self) -> None:
        """Lock the claim for the rest of the transaction, so that it outlives its lease while its worker lives.

        Raises:
            ClaimLost: somebody else took the work already.
        """
        mine = self._mine().select_for_update(no_key=True)
        if not mine.values_list("pk").first():
            raise ClaimLost(f"{type(self).__name__} {self.pk} was taken over.")

    def finish(self, *, at: datetime) -> None:
        """Mark the work done, inside the transaction that did it.

        Raises:
            ClaimLost: the claim ran out and somebody else took the work.
        """
        self._settle(status=self.Status.DONE, finished_at=at, claimed_until=None, error="")

    def put_back(self, *, at: datetime, after: timedelta) -> None:
        """Return the claim unused: the attempt does not count."""
        self._settle(status=self.Status.QUEUED, attempts=self.attempts - 1, run_after=at + after, claimed_until=None)

    def fail(self, *, at: datetime, error: str, permanent: bool = False) -> None:
        """Note the error; try again later, or give up after ``MAX_ATTEMPTS`` or when trying again cannot help."""
        if permanent or self.attempts >= MAX_ATTEMPTS:
            self._settle(status=self.Status.FAILED, finished_at=at, claimed_until=None, error=error)
        else:
            retry_at = at + backoff(self.attempts)
            self._settle(status=self.Status.QUEUED, run_after=retry_at, claimed_until=None, error=error)

    def requeue(self, *, at: datetime) -> None:
        """Give failed work its attempts back."""
        type(self)._default_manager.filter(pk=self.pk, status=self.Status.FAILED).update(
            status=self.Status.QUEUED, attempts=0, run_after=at, finished_at=None, error=""
        )
        self.refresh_from_db()

    def _mine(self) -> models.QuerySet[Any]:
        """This row, as long as the claim is ours: the attempt tells one claim from the next."""
        claimed = type(self)._default_manager.filter(status=self.Status.PROCESSING)
        return claimed.filter(pk=self.pk, attempts=self.attempts)

    def _settle(self, **changes: Any) -> None:
        if not self._mine().update(**changes):
            raise ClaimLost(f"{type(self).__name__} {self.pk} was taken over.")
        for name, value in changes.items():
            setattr(self, name, value)

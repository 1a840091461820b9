"""What the archive holds, and the runs that have filled it and emptied the tables."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from core.ids import new_id


class ArchiveBatchQuerySet(models.QuerySet["ArchiveBatch"]):
    """Questions about batches."""

    def holding(self, kind: str, day: Any) -> Self:
        """Those whose rows may also stand in the database: no other batch takes them."""
        return self.filter(kind=kind, date=day).exclude(state=ArchiveBatch.State.SEALED)

    def restored(self, at: datetime) -> Self:
        """Those whose rows are back, and left alone as yet."""
        return self.filter(state=ArchiveBatch.State.RESTORED, restored_until__gt=at)

    def to_delete(self, at: datetime) -> Self:
        """Those whose rows are to leave the database, in the order in which they were written."""
        states = Q(state=ArchiveBatch.State.VERIFIED)
        states |= Q(state=ArchiveBatch.State.RESTORED, restored_until__lte=at)
        return self.filter(states).order_by("pk")


class ArchiveBatch(models.Model):
    """Rows that leave the database together: one file for each of their tables."""

    class State(models.TextChoices):
        WRITING = "writing", "Being written"
        VERIFIED = "verified", "Verified, still in the database"
        SEALED = "sealed", "In the archive alone"
        RESTORED = "restored", "Back in the database for a while"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField()
    date = models.DateField(help_text="The day that their time is counted from.")
    state = models.TextField(choices=State, default=State.WRITING)
    first_key = models.UUIDField()
    last_key = models.UUIDField()
    written_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    restored_until = models.DateTimeField(null=True)

    objects = ArchiveBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "date"], condition=~Q(state="sealed"), name="archivebatch_holding")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.date}"


class ArchiveFile(models.Model):
    """A file of the archive. Its row is there before it is, and goes after it."""

    class State(models.TextChoices):
        WRITING = "writing", "Being written"
        KEPT = "kept", "Kept"
        REPLACED = "replaced", "Replaced, to be deleted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(ArchiveBatch, on_delete=models.CASCADE, related_name="files")
    table = models.TextField()
    date = models.DateField()
    path = models.TextField(unique=True)
    state = models.TextField(choices=State, default=State.WRITING)
    rows = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.TextField("SHA-256")
    columns = models.JSONField(help_text="Column and type.")
    first_key = models.TextField()
    last_key = models.TextField()
    written_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, help_text="When it was last read back and found to be whole.")
    flaw = models.TextField(blank=True, help_text="What was wrong with it when it was last read back.")

    class Meta:
        ordering = ["-date", "table", "id"]
        indexes = [models.Index(fields=["table", "date"], name="archivefile_table")]

    def __str__(self) -> str:
        return self.path


class RetentionRun(models.Model):
    """A run of the retention or the archive. One a window, however often beat asks."""

    class Task(models.TextChoices):
        RETENTION = "retention", "Retention"
        ARCHIVE = "archive", "Archive"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.TextField(choices=Task)
    window = models.DateField(null=True, help_text="The day that beat has asked for; empty: somebody has.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, help_text="Empty: stopped; the next run goes on.")
    archived = models.JSONField(default=dict, help_text="Rows by table.")
    deleted = models.JSONField(default=dict, help_text="Rows by table.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["task", "window"], name="one_retention_run_a_window")]

    def __str__(self) -> str:
        return f"{self.get_task_display()} of {self.started_at:%d %B %Y %H:%M}"

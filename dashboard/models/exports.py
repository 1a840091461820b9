"""Files that are too long to be waited for."""

from datetime import datetime
from typing import Self

from django.db import models

from accounts.binding import tenant_id
from accounts.models import User
from core.claims import Claimable, ClaimQuerySet
from core.ids import new_id


def export_path(export: "Export", name: str) -> str:
    """Where a file is kept: a folder per tenant, under a name that nobody chose."""
    return f"{tenant_id()}/exports/{export.pk}/{new_id()}.{export.kind}"


class ExportQuerySet(ClaimQuerySet):
    """Questions about exports."""

    def over(self, at: datetime) -> Self:
        """Those whose time is up."""
        return self.filter(expires_at__lte=at)


class Export(Claimable):
    """A file of violations, as somebody has filtered them; theirs alone, and not for long."""

    class Kind(models.TextChoices):
        CSV = "csv", "CSV"
        JSON = "json", "JSON"
        XLSX = "xlsx", "Excel"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    kind = models.TextField(choices=Kind)
    query = models.TextField(blank=True, help_text="The list's filters, as its address has them.")
    rows = models.PositiveIntegerField(default=0, help_text="Written so far.")
    expected = models.PositiveIntegerField(default=0, help_text="About so many will be written.")
    file = models.FileField(upload_to=export_path, max_length=200, blank=True)
    expires_at = models.DateTimeField()

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["asked_by", "id"], name="export_asked_by"),
            models.Index(fields=["expires_at"], name="export_expiry"),
        ]

    def __str__(self) -> str:
        return f"Violations as {self.get_kind_display()}"

    @property
    def percent(self) -> int:
        """How far it is; 99 at most until it is done, for ``expected`` is a guess."""
        if self.status == self.Status.DONE:
            return 100
        return min(99, 100 * self.rows // self.expected) if self.expected else 0

"""The audit log of one tenant (in the public schema: of the platform's operators): a chain that only grows.

The database refuses UPDATE, DELETE and TRUNCATE of entries, and a head that goes back: see the first migration.
"""

from typing import Any

from django.db import models


class AuditEntry(models.Model):
    """Who did what to which resource, when and from where. Names people and resources as they were called then.

    No foreign keys: an entry outlives whom and what it names.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_kind = models.TextField(help_text="user, citoken, or system.")
    actor_id = models.TextField(blank=True)
    actor = models.TextField()
    action = models.TextField(help_text="What was done, as resource.verb: rule.edited.")
    resource_type = models.TextField()
    resource_id = models.TextField()
    resource = models.TextField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)
    request_id = models.TextField(blank=True)
    address = models.TextField(blank=True)
    previous_hash = models.BinaryField()
    hash = models.BinaryField()
    seal = models.BinaryField()

    class Meta:
        ordering = ["-sequence"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["actor_kind", "actor_id", "sequence"], name="audit_by_actor"),
            models.Index(fields=["action", "sequence"], name="audit_by_action"),
            models.Index(fields=["resource_type", "resource_id", "sequence"], name="audit_by_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Never: an entry is made by ``audit.services.record_entry``, which chains it."""
        raise TypeError("Audit entries are written by audit.services.record_entry alone.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never."""
        raise TypeError("Audit entries stay.")


class AuditHead(models.Model):
    """Where the chain ends: one row, made by the first migration, locked by whoever adds to the chain."""

    PK = 1

    id = models.SmallIntegerField(primary_key=True, default=PK)
    sequence = models.BigIntegerField(default=0, help_text="Of the last entry; 0 where there is none.")
    hash = models.BinaryField(default=b"", help_text="Of the last entry; empty where there is none.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.sequence)

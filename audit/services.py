"""Adding to the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from audit.chain import current_chain, entry_hash, plain, seal_of, stamp, text
from audit.models import AuditEntry, AuditHead
from core.origin import current_origin
from tenants.current import connection

Resource = models.Model | tuple[str, str, str]
"""A record, or its kind, key and name where there is none (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did.

    Args:
        action: resource and verb: ``rule.edited``, ``override.approved``.
        resource: what it was done to.
        by: a person or a CI token; None: the system itself.
        before: values that the deed has changed, by name.
        after: what they are now.
        note: a reason in the actor's own words.
    """

    action: str
    resource: Resource
    by: models.Model | None
    at: datetime
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    note: str = ""


def record_entry(
    *,
    action: str,
    resource: Resource,
    by: models.Model | None,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
) -> AuditEntry:
    """Add one deed to the current tenant's log: see ``Deed`` and ``record_entries``."""
    deed = Deed(action=action, resource=resource, by=by, at=at, before=before, after=after, note=note)
    return record_entries([deed])[0]


def record_entries(deeds: Sequence[Deed]) -> list[AuditEntry]:
    """Add deeds to the current tenant's log, in the transaction that does them.

    The last thing of a transaction: from here on nobody else can add to the log until it ends, and whoever locked
    something after it could deadlock with who locked it before.

    Raises:
        RuntimeError: there is no transaction, or the log has lost its head.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the transaction of its deed.")
    if not deeds:
        return []
    chain = current_chain()
    # NO KEY: nothing refers to the row.
    head = AuditHead.objects.select_for_update(no_key=True).filter(pk=AuditHead.PK).first()
    if head is None:
        raise RuntimeError(f"The audit log of {connection.schema_name} has no head. Run manage.py verify_audit.")
    entries = []
    previous = bytes(head.hash)
    for sequence, deed in enumerate(deeds, start=head.sequence + 1):
        entry, previous = _chained(_facts(deed, sequence), deed.at, chain=chain, previous=previous)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
    AuditHead.objects.filter(pk=AuditHead.PK).update(sequence=entries[-1].sequence, hash=previous)
    return entries


def _chained(facts: dict[str, Any], at: datetime, *, chain: str, previous: bytes) -> tuple[AuditEntry, bytes]:
    digest = entry_hash(facts, chain=chain, previous=previous)
    return AuditEntry(**facts | {"at": at}, previous_hash=previous, hash=digest, seal=seal_of(digest)), digest


def _facts(deed: Deed, sequence: int) -> dict[str, Any]:
    origin = current_origin()
    actor_kind, actor_id, actor = _named(deed.by) if deed.by is not None else ("system", "", "system")
    kind, key, name = deed.resource if isinstance(deed.resource, tuple) else _named(deed.resource)
    return {
        "sequence": sequence,
        "at": stamp(deed.at),
        "actor_kind": actor_kind,
        "actor_id": actor_id,
        "actor": actor,
        "action": deed.action,
        "resource_type": text(kind),
        "resource_id": text(key),
        "resource": text(name),
        "before": None if deed.before is None else plain(deed.before),
        "after": None if deed.after is None else plain(deed.after),
        "note": text(deed.note),
        "request_id": origin.request_id,
        "address": text(origin.address),
    }


def _named(record: models.Model) -> tuple[str, str, str]:
    return str(record._meta.model_name), str(record.pk), text(record)

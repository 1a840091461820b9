"""Adding to the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import models

from audit.chain import COLUMNS, current_chain, entry_hash, plain, seal_of, stamp, text
from audit.models import AuditEntry, AuditHead
from core.origin import current_origin
from tenants.current import connection

_AT_ONCE = 500
# NO KEY: nothing refers to the row.
_LOCK_HEAD = f"SELECT sequence, hash FROM audit_audithead WHERE id = {AuditHead.PK} FOR NO KEY UPDATE"  # noqa: S608
_MOVE_HEAD = f"WITH moved AS (UPDATE audit_audithead SET sequence = %s, hash = %s WHERE id = {AuditHead.PK})"  # noqa: S608
_INSERT = f"INSERT INTO audit_auditentry ({', '.join(COLUMNS)})"
_ROW = f"({', '.join(['%s'] * len(COLUMNS))})"

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
    # One cursor: each one that is opened enters the tenant anew.
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_HEAD)
        head = cursor.fetchone()
        if head is None:
            raise RuntimeError(f"The audit log of {connection.schema_name} has no head. Run manage.py verify_audit.")
        entries = list(_chained(deeds, chain=chain, after=head[0], previous=bytes(head[1])))
        for start in range(0, len(entries), _AT_ONCE):
            _append(cursor, entries[start : start + _AT_ONCE])
    return entries


def _chained(deeds: Sequence[Deed], *, chain: str, after: int, previous: bytes) -> Iterator[AuditEntry]:
    for sequence, deed in enumerate(deeds, start=after + 1):
        facts = _facts(deed, sequence)
        digest = entry_hash(facts, chain=chain, previous=previous)
        entry = AuditEntry(**facts | {"at": deed.at}, previous_hash=previous, hash=digest, seal=seal_of(digest))
        entry._state.adding = False
        yield entry
        previous = digest


def _append(cursor: Any, entries: Sequence[AuditEntry]) -> None:
    """Write entries and move the head to the last of them, in one statement."""
    values: list[Any] = [entries[-1].sequence, entries[-1].hash]
    for entry in entries:
        values += [_stored(getattr(entry, name)) for name in COLUMNS]
    cursor.execute(f"{_MOVE_HEAD} {_INSERT} VALUES {', '.join([_ROW] * len(entries))}", values)


def _stored(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


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

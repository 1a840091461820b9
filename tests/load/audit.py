"""What the audit log costs: adding one entry to a transaction, and verifying a million."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import orjson
from django.db import transaction

from audit.chain import COLUMNS, FACTS, current_chain, entry_hash, seal_of, stamp
from audit.models import AuditHead
from audit.services import record_entry
from audit.verification import verify_chain
from tenants.current import connection
from tests.load.figures import Figure, ms, p95, seconds

ENTRIES = 1_000_000
WRITES = 300
MAX_WRITE = 0.003
MAX_VERIFY = 60.0
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 50_000
_CHANGE = {"tier": "BLOCK", "enforcement": "enforce", "packages": ["security", "architecture"]}


def figures() -> Iterator[Figure]:
    """Writing beside the bare insert of such a row; then the whole chain."""
    _fill()
    written = [_in_transaction() for _ in range(WRITES)]
    floor = [_in_transaction(bare=True) for _ in range(WRITES)]
    mean, least = sum(written) / WRITES, sum(floor) / WRITES
    yield Figure(
        "one audit entry, in its deed's transaction",
        f"{ms(mean)} (p95 {ms(p95(written))})",
        ms(least),
        least / mean,
        f"≤ {ms(MAX_WRITE)}",
        mean <= MAX_WRITE,
    )
    took = seconds(_verify)
    yield Figure(
        f"{ENTRIES + WRITES:,} audit entries verified",
        f"{took:.1f} s",
        goal=f"≤ {MAX_VERIFY:.0f} s",
        holds=took <= MAX_VERIFY,
    )


def _verify() -> None:
    found = verify_chain()
    assert found.flaw is None, found
    assert found.entries == ENTRIES + WRITES


def _in_transaction(*, bare: bool = False) -> float:
    deed = {"resource": ("rule", "R01", "Rule"), "by": None, "at": _SINCE, "before": _CHANGE, "after": _CHANGE}
    with transaction.atomic():
        took = seconds(_insert if bare else lambda: record_entry(action="rule.edited", **deed))  # type: ignore[arg-type]
        transaction.set_rollback(bare)
    return took


def _insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditentry SELECT {ENTRIES * 2}, {', '.join(COLUMNS[1:])} "
            "FROM audit_auditentry WHERE sequence = 1"
        )


def _fill() -> None:
    """A million entries, chained as the application chains them, copied in."""
    rows = _rows()
    with transaction.atomic(), connection.cursor() as cursor:
        while lines := "".join(islice(rows, _BATCH)):
            with cursor.copy(f"COPY audit_auditentry ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                copy.write(lines)
        cursor.execute("SELECT sequence, hash FROM audit_auditentry ORDER BY sequence DESC LIMIT 1")
        sequence, digest = cursor.fetchone()
        AuditHead.objects.update(sequence=sequence, hash=digest)


def _rows() -> Iterator[str]:
    chain, previous = current_chain(), b""
    changes = orjson.dumps(_CHANGE).decode()
    for sequence in range(1, ENTRIES + 1):
        facts = {
            **dict.fromkeys(("actor_id", "note"), "17"),
            "sequence": sequence,
            "at": stamp(_SINCE + timedelta(seconds=sequence)),
            "actor_kind": "user",
            "actor": "kim",
            "action": "rule.edited",
            "resource_type": "rule",
            "resource": "Rule",
            "resource_id": f"R{sequence % 25:02}",
            "before": _CHANGE,
            "after": _CHANGE,
            "request_id": f"request-{sequence}",
            "address": "192.0.2.7",
        }
        digest = entry_hash(facts, chain=chain, previous=previous)
        texts = [changes if name in ("before", "after") else str(facts[name]) for name in FACTS]
        proof = [f"\\\\x{part.hex()}" for part in (previous, digest, seal_of(digest))]
        yield "\t".join(texts + proof) + "\n"
        previous = digest

"""Reading a chain from its first entry to its head, and naming the first place where it was tampered with."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from audit.chain import FACTS, current_chain, entry_hash, sealed, stamp
from tenants.current import connection

BATCH = 5_000
_COLUMNS = (*FACTS, "previous_hash", "hash", "seal")
_AT, _BEFORE, _AFTER = (FACTS.index(name) for name in ("at", "before", "after"))
# One statement, one snapshot: an entry and the head that counts it are committed together.
_END = "SELECT sequence, hash, (SELECT max(sequence) FROM audit_auditentry) FROM audit_audithead"
_ENTRIES = f"""
    SELECT {", ".join(_COLUMNS)} FROM audit_auditentry
    WHERE sequence > %s AND sequence <= %s ORDER BY sequence LIMIT {BATCH}
"""  # noqa: S608


class Tampering(StrEnum):
    """What was done to a chain."""

    CHANGED = "was changed after it was written, or moved here from another place or another tenant"
    INSERTED = "was put in: no entry of the application has this number"
    REMOVED = "is missing: it, and perhaps more, was removed"
    UNCHAINED = "does not follow the one before: entries were changed, removed, put in or reordered"
    UNSEALED = "was not written by this installation (or AUDIT_KEYS lacks the key of its time)"
    APPENDED = "stands behind the chain's head: it was added behind the application's back"
    HEAD_CHANGED = "is the last one, and the head names another hash"
    HEAD_REMOVED = "cannot be told to be the first: the chain's head was removed"
    REWRITTEN = "is not the anchored one: the log was rewritten, or cut short and continued"


class Flaw(NamedTuple):
    """The first place where a chain does not hold."""

    sequence: int
    tampering: Tampering

    def __str__(self) -> str:
        return f"entry {self.sequence} {self.tampering}"


class Verified(NamedTuple):
    """What came out."""

    entries: int
    """How many were read and hold."""
    hash: str
    """Of the last of these, hexadecimal."""
    flaw: Flaw | None


def verify_chain(
    *, anchors: Mapping[int, str] | None = None, progress: Callable[[int], None] = lambda _: None
) -> Verified:
    """Check the current tenant's chain up to its head of this moment. Reads 5,000 entries at a time and locks nothing.

    Args:
        anchors: hash (hexadecimal) by sequence, as they were kept outside the database.
        progress: is told how many entries were read, after each batch.
    """
    end = _end()
    if end is None:
        return Verified(0, "", Flaw(1, Tampering.HEAD_REMOVED))
    sequence, digest, last = end
    wanted = dict(anchors or {})
    held, previous = 0, b""
    for number, flaw, own in _walk(sequence):
        flaw = flaw or _unanchored(number, own, wanted)
        if flaw:
            return Verified(held, previous.hex(), flaw)
        held, previous = number, own
        if held % BATCH == 0:
            progress(held)
    return Verified(held, previous.hex(), _flaw_of_end(held, previous, end=(sequence, digest, last), anchors=wanted))


def _end() -> tuple[int, bytes, int | None] | None:
    with connection.cursor() as cursor:
        cursor.execute(_END)
        row = cursor.fetchone()
    return (row[0], bytes(row[1]), row[2]) if row else None


def _walk(until: int) -> Iterator[tuple[int, Flaw | None, bytes]]:
    """Each entry's number, what is wrong with it, and its hash; of no use behind the first flaw."""
    chain, previous = current_chain(), b""
    for expected, row in enumerate(_rows(until), start=1):
        flaw, own = _flaw_of(row, expected, previous, chain), bytes(row[-2])
        yield expected, flaw, own
        previous = own


def _rows(until: int) -> Iterator[tuple[Any, ...]]:
    after = -(2**63)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ENTRIES, [after, until])
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0]


def _flaw_of(row: tuple[Any, ...], expected: int, previous: bytes, chain: str) -> Flaw | None:
    sequence, digest = row[0], bytes(row[-2])
    if sequence != expected:
        return Flaw(*((sequence, Tampering.INSERTED) if sequence < expected else (expected, Tampering.REMOVED)))
    facts = dict(zip(FACTS, row, strict=False))
    facts["at"] = stamp(row[_AT])
    for name, position in (("before", _BEFORE), ("after", _AFTER)):
        # Django leaves jsonb to its field: here it is text.
        facts[name] = None if row[position] is None else orjson.loads(row[position])
    if entry_hash(facts, chain=chain, previous=bytes(row[-3])) != digest:
        return Flaw(sequence, Tampering.CHANGED)
    if bytes(row[-3]) != previous:
        return Flaw(sequence, Tampering.UNCHAINED)
    return None if sealed(digest, bytes(row[-1])) else Flaw(sequence, Tampering.UNSEALED)


def _unanchored(number: int, digest: bytes, anchors: dict[int, str]) -> Flaw | None:
    anchor = anchors.pop(number, None)
    return Flaw(number, Tampering.REWRITTEN) if anchor is not None and anchor.lower() != digest.hex() else None


def _flaw_of_end(
    held: int, previous: bytes, *, end: tuple[int, bytes, int | None], anchors: Mapping[int, str]
) -> Flaw | None:
    sequence, digest, last = end
    if held < sequence or any(number > held for number in anchors):
        return Flaw(held + 1, Tampering.REMOVED)
    if digest != previous:
        return Flaw(held, Tampering.HEAD_CHANGED)
    return Flaw(held + 1, Tampering.APPENDED) if last is not None and last > sequence else None

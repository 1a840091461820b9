"""Reading a chain from its first entry to its head, and naming the first place where it was tampered with."""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from audit.chain import COLUMNS, current_chain, entry_hash, sealed
from tenants.current import connection

BATCH = 20_000
_PROOF = ("previous_hash", "hash", "seal")
# The time as ``stamp`` writes it: one that Python cannot hold is tampering too, and no reason to fail.
_SPECIAL = {"at": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""}
_SPECIAL |= {name: f"encode({name}, 'hex')" for name in _PROOF}
# One statement, one snapshot: an entry and the head that counts it are committed together.
_END = "SELECT sequence, hash, (SELECT max(sequence) FROM audit_auditentry) FROM audit_audithead"
# Rows stream in while those before them are hashed, and are read in a third of a cursor's time.
_ENTRIES = f"""
    COPY (SELECT {", ".join(_SPECIAL.get(name, name) for name in COLUMNS)} FROM audit_auditentry
        WHERE sequence > %s AND sequence <= %s ORDER BY sequence LIMIT {BATCH}) TO STDOUT
"""  # noqa: S608
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


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
    """Check the current tenant's chain up to its head of this moment. Locks nothing.

    Args:
        anchors: hash (hexadecimal) by sequence, as they were kept outside the database.
        progress: is told how many entries were read, every 20,000.
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
        digest = bytes.fromhex(row["hash"])
        yield expected, _flaw_of(row, expected, previous, chain), digest
        previous = digest


def _rows(until: int) -> Iterator[dict[str, Any]]:
    after, read = -(2**63), BATCH
    while read == BATCH:
        read = 0
        with connection.cursor() as cursor, cursor.copy(_ENTRIES, [after, until]) as lines:
            try:
                for line in lines:
                    row = _read(bytes(line).decode())
                    read, after = read + 1, row["sequence"]
                    yield row
            finally:
                # Who stops early leaves no half-read answer on the connection.
                for _ in lines:
                    pass


def _read(line: str) -> dict[str, Any]:
    """A row from a line in COPY's text format."""
    row: dict[str, Any] = dict(zip(COLUMNS, line[:-1].split("\t"), strict=True))
    if "\\" in line:
        row = {name: _unescaped(value) for name, value in row.items()}
    row["sequence"] = int(row["sequence"])
    for name in ("before", "after"):
        if row[name] is not None:
            row[name] = orjson.loads(row[name])
    return row


def _unescaped(value: str) -> str | None:
    return None if value == "\\N" else _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)


def _flaw_of(row: dict[str, Any], expected: int, previous: bytes, chain: str) -> Flaw | None:
    sequence = row["sequence"]
    if sequence != expected:
        return Flaw(*((sequence, Tampering.INSERTED) if sequence < expected else (expected, Tampering.REMOVED)))
    own_previous, digest, seal = (bytes.fromhex(row.pop(name)) for name in _PROOF)
    if entry_hash(row, chain=chain, previous=own_previous) != digest:
        return Flaw(sequence, Tampering.CHANGED)
    if own_previous != previous:
        return Flaw(sequence, Tampering.UNCHAINED)
    return None if sealed(digest, seal) else Flaw(sequence, Tampering.UNSEALED)


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

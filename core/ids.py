"""Time-ordered keys, made in Python: new rows land at the end of the index, and their order is their age."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid6 import uuid7

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62
_STAMP_BITS, _STAMP_SHIFT = 48, 80
_COUNTER_BITS = 20
_TAIL_BITS = 62 - _COUNTER_BITS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562)."""
    return UUID(int=uuid7().int)


def new_ids(count: int, *, at: datetime) -> list[str]:
    """Many UUIDs version 7 of one moment, ascending, as 32 hexadecimal digits: a tenth of the time of ``new_id``.

    RFC 9562 § 6.2, method 1: one time stamp, 12 random bits that the batch shares, a counter, 42 random bits each.
    """
    if count >> _COUNTER_BITS:
        raise ValueError(f"at most {2**_COUNTER_BITS - 1} at once")
    shared = int.from_bytes(os.urandom(2), "big") >> 4
    head = _stamp(at) << _STAMP_SHIFT | _VERSION | shared << 64 | _VARIANT
    tails = memoryview(os.urandom(8 * count)).cast("Q")
    mask = (1 << _TAIL_BITS) - 1
    return [f"{head | index << _TAIL_BITS | tails[index] & mask:032x}" for index in range(count)]


def first_id(at: datetime) -> UUID:
    """Not greater than any key of this millisecond or later, and greater than all that are older."""
    return UUID(int=_stamp(at) << _STAMP_SHIFT)


def last_id(at: datetime) -> UUID:
    """Not less than any key of this millisecond or earlier, and less than all that are younger."""
    return UUID(int=(_stamp(at) + 1 << _STAMP_SHIFT) - 1)


def _stamp(at: datetime) -> int:
    """Milliseconds since 1970, as near to it as a key can say."""
    return min(max((at - _EPOCH) // _MILLISECOND, 0), (1 << _STAMP_BITS) - 1)

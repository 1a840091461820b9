"""Time-ordered keys, made in Python: new rows land at the end of the index, and their order is their age."""

from uuid import UUID

from uuid6 import uuid7


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562)."""
    return UUID(int=uuid7().int)

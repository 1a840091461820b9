"""How an entry is hashed and sealed: functions of their arguments, and which chain work belongs to.

The *hash* is SHA-256 over the entry's canonical JSON, which holds the hash of the entry before and the tenant's UUID:
anybody can compute it from an export. The *seal* is a keyed hash of the hash, with a key that no database holds: who
may write to every table can make a chain whose hashes fit, but cannot seal it.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache as once
from typing import Any

import orjson
from django.conf import settings
from django_tenants.utils import get_public_schema_name

from tenants.current import connection

VERSION = 1
"""Of the recipe; part of what is hashed."""
PUBLIC_CHAIN = "public"
FACTS = (
    "sequence", "at", "actor_kind", "actor_id", "actor", "action", "resource_type", "resource_id", "resource",
    "before", "after", "note", "request_id", "address",
)  # fmt: skip
"""The fields of an entry that are hashed, beside the version, the chain and the hash of the entry before."""
COLUMNS = (*FACTS, "previous_hash", "hash", "seal")
"""All of an entry's."""
_INT64 = 2**63


def current_chain() -> str:
    """The name of the current tenant's chain: its UUID, or ``public``.

    Raises:
        RuntimeError: the tenant was entered by its schema's name alone, so that its UUID is not known.
    """
    if connection.schema_name == get_public_schema_name():
        return PUBLIC_CHAIN
    uuid = getattr(connection.tenant, "uuid", None)
    if uuid is None:
        raise RuntimeError("Enter the tenant with tenant_context: what is audited needs its UUID.")
    return str(uuid)


def stamp(at: datetime) -> str:
    """A time as it is hashed: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def entry_hash(facts: Mapping[str, Any], *, chain: str, previous: bytes) -> bytes:
    """SHA-256 of an entry's canonical JSON: keys sorted, no blanks, UTF-8.

    Args:
        facts: ``FACTS``, the time as ``stamp`` writes it.
        previous: the hash of the entry before; empty for the first.
    """
    whole = {**facts, "version": VERSION, "chain": chain, "previous_hash": previous.hex()}
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest()


def seal_of(digest: bytes) -> bytes:
    """The seal of a hash, with the current key."""
    return _sealed_with(_keys()[0], digest)


def sealed(digest: bytes, seal: bytes) -> bool:
    """Whether a hash was sealed with one of our keys."""
    return any(hmac.compare_digest(_sealed_with(key, digest), seal) for key in _keys())


def _sealed_with(key: bytes, digest: bytes) -> bytes:
    # BLAKE2's keyed mode: a quarter of HMAC's time, of which a million entries take note.
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()


@once
def _keys() -> tuple[bytes, ...]:
    secrets = settings.AUDIT_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return tuple(hashlib.sha256(b"forge.audit.seal" + secret.encode()).digest() for secret in secrets)


def plain(value: Any) -> Any:
    """A value as JSON holds it and PostgreSQL gives it back unchanged.

    Numbers with a fraction become text: JSON engines do not agree on how to write them. NULs, which PostgreSQL cannot
    store, and halves of characters, which UTF-8 cannot, become U+FFFD.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return dict(sorted(_named(value)))
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return text(value)


def text(value: object) -> str:
    """A text that PostgreSQL and UTF-8 can hold."""
    return str(value).replace("\0", "\ufffd").encode(errors="surrogatepass").decode(errors="replace")


_SECRET = ("password", "secret", "token", "digest", "credentials", "api_key", "private_key", "access_key")
HIDDEN = "(hidden)"


def _named(mapping: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Members of a mapping. Secrets never stand in the log, whoever hands them over: only that there was one."""
    for key, value in mapping.items():
        name = text(key)
        hides = name.lower().endswith(_SECRET) and value not in (None, "", True, False)
        yield name, HIDDEN if hides else plain(value)

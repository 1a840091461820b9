"""Issuers' public keys (JWKS, RFC 7517), fetched when they are needed and kept in this process.

Keys are read anew after ten minutes, and at once for a key that we have never seen: that is how an issuer changes its
key without anybody waiting. Not more often than every half a minute, or made-up keys would have us call the issuer for
each of them. While the issuer does not answer, what it last said holds for a day.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import orjson
import requests

from accounts.binding import tenant_id
from accounts.claims import TokenRefused
from core.errors import DomainError
from core.outgoing import TIMEOUT_SECONDS, session

logger = logging.getLogger(__name__)

FRESH_SECONDS = 600
PAUSE_SECONDS = 30
STALE_SECONDS = 86_400
MAX_KEYS = 100


class IssuerAway(DomainError):
    """The issuer's keys cannot be had: it does not answer, or with something else."""

    status = 503


@dataclass(slots=True)
class _Known:
    keys: dict[str, Any] = field(default_factory=dict)
    read: float = float("-inf")
    tried: float = float("-inf")


_known: dict[tuple[str, str, str], _Known] = {}


def find_key(kid: str, algorithm: str, *, issuer: str, jwks_url: str) -> jwt.PyJWK:
    """The issuer's public key of this id, for this algorithm.

    Args:
        kid: may be empty where the issuer has one key.
        jwks_url: empty: the one that the discovery page of ``issuer`` names.

    Raises:
        TokenRefused: the issuer has no such key, or it is of another kind.
        IssuerAway: it cannot be asked.
    """
    # By tenant: what one tenant's address answers is nothing that another one's tokens are measured by.
    known = _known.setdefault((tenant_id(), issuer, jwks_url), _Known())
    now = time.monotonic()
    if now - known.read > FRESH_SECONDS or _of(known.keys, kid) is None:
        _refresh(known, issuer, jwks_url, now=now)
    found = _of(known.keys, kid)
    if found is None:
        raise TokenRefused(f"key {kid!r} is none of the issuer's")
    try:
        return jwt.PyJWK(found, algorithm=found.get("alg") or algorithm)
    except jwt.PyJWTError as error:
        raise TokenRefused(f"key {kid!r} does not fit {algorithm}: {error}") from error


def forget() -> None:
    """Read all keys anew when they are next needed."""
    _known.clear()


def _of(keys: Mapping[str, Any], kid: str) -> Any:
    if not kid and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(kid)


def _refresh(known: _Known, issuer: str, jwks_url: str, *, now: float) -> None:
    usable = bool(known.keys) and now - known.read < STALE_SECONDS
    if usable and now - known.tried < PAUSE_SECONDS:
        return
    known.tried = now
    try:
        known.keys = _usable(_fetched(jwks_url or _discovered(issuer)))
        known.read = now
    except IssuerAway as error:
        if not usable:
            raise
        logger.warning("Keys of %r could not be read, the last ones hold: %s", issuer, error.message)


def _discovered(issuer: str) -> str:
    """The address of the keys, as OpenID Connect Discovery 1.0 has it."""
    document = _fetched(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if document.get("issuer") != issuer or not isinstance(document.get("jwks_uri"), str):
        raise IssuerAway("issuer_away", f"The discovery page of {issuer} names another issuer, or no keys.")
    return str(document["jwks_uri"])


def _fetched(url: str) -> dict[str, Any]:
    try:
        response = session().get(url, timeout=TIMEOUT_SECONDS, headers={"Accept": "application/json"})
        response.raise_for_status()
        document = orjson.loads(response.content)
    except (requests.RequestException, DomainError, ValueError) as error:
        raise IssuerAway("issuer_away", f"{url} could not be read: {error}") from error
    if not isinstance(document, dict):
        raise IssuerAway("issuer_away", f"{url} answers something else than an object.")
    return document


def _usable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Public keys for signatures, by id. A shared key among them would be everybody's, and is left out."""
    listed = document.get("keys")
    keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    return {
        str(key.get("kid", "")): key
        for key in keys[:MAX_KEYS]
        if key.get("kty") != "oct" and key.get("use", "sig") == "sig"
    }

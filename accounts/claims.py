"""What a token of somebody else's says, once its signature, its time and its addressee hold (RFC 7519, RFC 8725)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import jwt
import orjson
from jwt.utils import base64url_decode

from core.errors import NotSigned

MAX_TOKEN_BYTES = 16 * 1024
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SYMMETRIC = ("HS256", "HS384", "HS512")
MIN_SHARED_KEY_BYTES = 32
_NEEDED = ("iss", "aud", "sub", "exp", "iat")

Claims = Mapping[str, Any]
FindKey = Callable[[str, str], Any]
"""From a key's id and the algorithm that the token names to the key; raises ``TokenRefused``."""


class TokenRefused(NotSigned):
    """A token that is worth nothing here.

    Args:
        why: exactly, for the log. Callers are told in general terms: the rest would help who forges.
    """

    def __init__(self, why: str) -> None:
        super().__init__("invalid_token", "The token is not valid here, or not any more. Sign in again.")
        self.why = why


def unverified(token: str) -> Claims:
    """The claims as they stand there, believed by nobody: only to find out whose signature to ask for.

    Raises:
        TokenRefused: it is too long, or no JSON web token.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused(f"{len(token)} bytes long, at most {MAX_TOKEN_BYTES} are read")
    try:
        claims = orjson.loads(base64url_decode(token.split(".")[1]))
    except (IndexError, ValueError) as error:
        raise TokenRefused(f"no JSON web token: {error}") from error
    if not isinstance(claims, dict):
        raise TokenRefused("its claims are no object")
    return claims


def verified(
    token: str, *, issuer: str, audience: str, leeway: int, algorithms: tuple[str, ...], find_key: FindKey
) -> Claims:
    """The claims of a token that holds.

    Args:
        leeway: seconds that the issuer's clock may differ.
        algorithms: what is accepted; the token's own word decides nothing, or a public key could pass for a shared one.

    Raises:
        TokenRefused: says exactly what is wrong.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg", "")
        if algorithm not in algorithms:
            raise TokenRefused(f"algorithm {algorithm!r} is not one of {', '.join(algorithms)}")
        claims = jwt.decode(
            token,
            find_key(header.get("kid", ""), algorithm),
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": list(_NEEDED), "enforce_minimum_key_length": True},
        )
    # The library converts numbers of claims as they come: infinity is one.
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise TokenRefused(f"{type(error).__name__}: {error}") from error
    return cast(Claims, claims)


def issued_at(claims: Claims) -> datetime:
    """When the token was made.

    Raises:
        TokenRefused: at no time that there is.
    """
    try:
        return datetime.fromtimestamp(float(claims["iat"]), UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise TokenRefused(f"iat is no time: {error}") from error


def values_of(claims: Claims, path: str) -> list[str]:
    """What a claim says, as texts: one, a list's, or none. ``realm_access.roles`` goes into an object."""
    if path in claims:
        return _texts(claims[path])
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return _texts(found)


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for text in found if isinstance(text, str) and text]

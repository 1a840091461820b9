"""Signing out a JSON web token before its time: it is remembered until it would have ended by itself."""

import hashlib
from datetime import UTC, datetime

from django.db import transaction

from accounts.models import EndedToken


@transaction.atomic
def end_token(token: str, *, expires: float, at: datetime) -> None:
    """From now on the token is worth nothing. Ending it twice changes nothing.

    Args:
        expires: the claim ``exp``: seconds since 1970.
    """
    EndedToken.objects.filter(expires_at__lt=at).delete()
    row = EndedToken(digest=_digest(token), expires_at=datetime.fromtimestamp(expires, UTC))
    EndedToken.objects.bulk_create([row], ignore_conflicts=True)


def is_ended(token: str) -> bool:
    """Whether somebody has signed it out."""
    return EndedToken.objects.filter(digest=_digest(token)).exists()


def _digest(token: str) -> bytes:
    """Of what is signed. The signature's own text can be written in several ways that all hold."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).digest()

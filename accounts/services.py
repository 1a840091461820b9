"""Decisions about people and tokens."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from accounts.models import CIToken, User
from accounts.roles import Role
from core.errors import Invalid

TOKEN_PREFIX = "fct_"  # noqa: S105  tells scanners and people what the string is
_PATTERN = re.compile(r"\*|[\w.*?-]+(/[\w.*?-]+)+", re.ASCII)
_LAST_USED_STEP = timedelta(minutes=1)


def digest_of(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def issue_ci_token(
    *, name: str, repositories: Sequence[str], by: User | None, expires_at: datetime | None = None, token: str = ""
) -> tuple[CIToken, str]:
    """Make a CI token and return it with its secret, which cannot be read again.

    Args:
        token: the secret to use, where it was made elsewhere (the demo); a new one otherwise.

    Raises:
        Invalid: there is no pattern, or one that no repository's name can match.
    """
    wrong = [pattern for pattern in repositories if not _PATTERN.fullmatch(pattern)]
    if wrong or not repositories:
        reason = f"Not a pattern like acme/shop, acme/* or *: {', '.join(wrong) or 'empty'}."
        raise Invalid("invalid", reason, errors={"repositories": [reason]})
    secret = token or TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = CIToken.objects.create(
        name=name,
        prefix=secret[:10],
        digest=digest_of(secret),
        repositories=list(repositories),
        created_by=by,
        expires_at=expires_at,
    )
    return row, secret


def revoke_ci_token(token: CIToken, *, at: datetime) -> None:
    """End a token now. Revoking twice keeps the first time."""
    CIToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at)


def find_ci_token(secret: str, *, at: datetime) -> CIToken | None:
    """The usable token of this secret, its use noted (to the minute); None where there is none."""
    token = CIToken.objects.usable(at).filter(digest=digest_of(secret)).first()
    if token is not None and (token.last_used_at is None or token.last_used_at < at - _LAST_USED_STEP):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at - _LAST_USED_STEP)
        CIToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
    return token


@transaction.atomic
def ensure_user(*, username: str, password: str, role: Role) -> User:
    """A person with exactly this password and role, made if missing. All people may open the admin."""
    user, _ = User.objects.get_or_create(username=username)
    user.is_active = user.is_staff = True
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=role.value)])
    return user


@transaction.atomic
def ensure_operator(*, username: str, password: str) -> User:
    """A platform operator in the public schema, made if missing."""
    user, _ = User.objects.get_or_create(username=username)
    user.is_active = user.is_staff = user.is_superuser = True
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    return user

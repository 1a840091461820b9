"""Decisions about people and tokens."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import CIToken, User
from accounts.people import save_person
from accounts.permitting import check_permitted
from accounts.roles import Role
from audit.services import record_entry
from core.errors import Invalid

TOKEN_PREFIX = "fct_"  # noqa: S105  tells scanners and people what the string is
PATTERN = re.compile(r"\*|[\w.*?-]+(/[\w.*?-]+)+", re.ASCII)
_LAST_USED_STEP = timedelta(minutes=1)


def digest_of(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def issue_ci_token(
    *,
    name: str,
    repositories: Sequence[str],
    by: User | None,
    at: datetime | None = None,
    expires_at: datetime | None = None,
    token: str = "",
) -> tuple[CIToken, str]:
    """Make a CI token and return it with its secret, which cannot be read again.

    Args:
        at: now, where it is not said.
        token: the secret to use, where it was made elsewhere (the demo); a new one otherwise.

    Raises:
        Forbidden: ``by`` may not issue tokens.
        Invalid: there is no pattern, or one that no repository's name can match.
    """
    check_permitted(by, "accounts.add_citoken", "Your role may not issue CI tokens.")
    wrong = [pattern for pattern in repositories if not PATTERN.fullmatch(pattern)]
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
    after = {"repositories": row.repositories, "expires_at": expires_at}
    record_entry(action="ci_token.issued", resource=row, by=by, at=at or timezone.now(), after=after)
    return row, secret


@transaction.atomic
def revoke_ci_token(token: CIToken, *, by: User | None, at: datetime) -> None:
    """End a token now. Revoking twice keeps the first time.

    Raises:
        Forbidden: ``by`` may not revoke tokens.
    """
    check_permitted(by, "accounts.change_citoken", "Your role may not revoke CI tokens.")
    if CIToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        record_entry(action="ci_token.revoked", resource=token, by=by, at=at)


def find_ci_token(secret: str, *, at: datetime) -> CIToken | None:
    """The usable token of this secret, its use noted (to the minute); None where there is none."""
    token = CIToken.objects.usable(at).filter(digest=digest_of(secret)).first()
    if token is not None and (token.last_used_at is None or token.last_used_at < at - _LAST_USED_STEP):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at - _LAST_USED_STEP)
        CIToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
    return token


@transaction.atomic
def ensure_user(*, username: str, password: str, role: Role, at: datetime | None = None) -> User:
    """A person with exactly this password and role, made if missing. All people may open the admin.

    Raises:
        Conflict: they are the last tenant admin, and the role is another one.
    """
    return _ensure(User(username=username), password=password, role=role, at=at)


@transaction.atomic
def ensure_operator(*, username: str, password: str, at: datetime | None = None) -> User:
    """A platform operator in the public schema, made if missing."""
    return _ensure(User(username=username, is_superuser=True), password=password, role=None, at=at)


def _ensure(wanted: User, *, password: str, role: Role | None, at: datetime | None) -> User:
    person = User.objects.filter(username=wanted.username).first() or wanted
    person.is_active = True
    person.is_superuser = person.is_superuser or wanted.is_superuser
    if person.pk is None or not person.check_password(password):
        person.set_password(password)
    return save_person(person, role=role, by=None, at=at or timezone.now())

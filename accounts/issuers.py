"""Whose tokens are believed here, and as whom."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.claims import ASYMMETRIC, SYMMETRIC, Claims, TokenRefused, issued_at, unverified, values_of, verified
from accounts.models import Issuer, User
from accounts.models.issuers import IssuerKind
from accounts.people import record_sign_in, role_of, save_person
from accounts.roles import Role
from accounts.signing_keys import find_key
from core.errors import DomainError
from tenants.current import connection

logger = logging.getLogger(__name__)
_REPOSITORY_CLAIMS = {IssuerKind.GITHUB.value: "repository", IssuerKind.GITLAB.value: "project_path"}
LADDER = (Role.TENANT_ADMIN, Role.COMPLIANCE_ADMIN, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class CIJob:
    """A job of a CI service, known by the service's word: it speaks for its own repository alone."""

    issuer: str
    repository: str

    @property
    def pk(self) -> str:
        """What tells callers apart, for throttles and tags."""
        return f"{self.issuer}:{self.repository}"

    @property
    def repositories(self) -> list[str]:
        """The one that it runs in."""
        return [self.repository]

    def covers(self, repository: str) -> bool:
        """Whether it may speak for a repository."""
        return repository == self.repository

    def __str__(self) -> str:
        return f"job of {self.repository} ({self.issuer})"


def trusted_issuers() -> list[Issuer]:
    """The tenant's own, and those that the installation trusts for every tenant (``TRUSTED_ISSUERS``)."""
    ours = {"tenant_value": connection.schema_name}
    shared = [Issuer(**{**ours, **fields}) for fields in settings.TRUSTED_ISSUERS]
    return [*Issuer.objects.filter(enabled=True), *shared]


def claims_of(token: str) -> tuple[Issuer, Claims] | None:
    """Who has signed a token, and what it says; None for our own, which name no issuer.

    Raises:
        TokenRefused: it does not hold, or not for this tenant.
        IssuerAway: the issuer's keys cannot be had.
    """
    said = unverified(token)
    if "iss" not in said:
        return None
    issuer = _named(said, trusted_issuers())
    shared = issuer.shared_key.reveal()
    claims = verified(
        token,
        issuer=issuer.issuer,
        audience=issuer.audience,
        leeway=issuer.leeway,
        algorithms=SYMMETRIC if shared else ASYMMETRIC,
        find_key=(lambda kid, algorithm: shared)
        if shared
        else partial(find_key, issuer=issuer.issuer, jwks_url=issuer.jwks_url),
    )
    if issuer.tenant_claim and issuer.tenant_value not in values_of(claims, issuer.tenant_claim):
        raise TokenRefused(f"{issuer.tenant_claim} does not name this tenant: {claims.get(issuer.tenant_claim)!r}")
    return issuer, claims


def job_of(issuer: Issuer, claims: Claims) -> CIJob:
    """The CI job that a token speaks for.

    Raises:
        TokenRefused: it names no repository, or one that may not report here.
    """
    name = _REPOSITORY_CLAIMS[issuer.kind]
    repository = claims.get(name)
    if not isinstance(repository, str) or not repository:
        raise TokenRefused(f"{name} is missing")
    if not issuer.covers(repository):
        raise TokenRefused(f"{name} {repository!r} is none of {', '.join(issuer.repositories)}")
    return CIJob(issuer.slug, repository)


def person_of(issuer: Issuer, claims: Claims, *, at: datetime) -> User:
    """The person that a token speaks for, made or linked as the issuer's settings say, with the role of its claims.

    Raises:
        TokenRefused: they are nobody here, inactive, or were signed out since the token was made.
    """
    made = issued_at(claims)
    person = _linked(issuer, claims) or _link(issuer, claims, at=at)
    if not person.is_active:
        raise TokenRefused(f"{person} is not active")
    # Before the role: an older token still says what somebody was allowed before it was taken from them.
    if person.sessions_ended_at and made < person.sessions_ended_at:
        raise TokenRefused(f"{person} was signed out since")
    role = role_in(issuer, claims)
    if issuer.role_claim and role_of(person) != role:
        _give(person, role, made=made, at=at)
    if person.last_login is None or person.last_login < made:
        _note(person, made=made, at=at)
    return person


def role_in(issuer: Issuer, claims: Claims) -> Role:
    """The highest role that the claims give; a viewer's without any."""
    given = {issuer.roles.get(value) for value in values_of(claims, issuer.role_claim)}
    return next((role for role in LADDER if role.value in given), Role.VIEWER)


def _named(said: Claims, issuers: Iterable[Issuer]) -> Issuer:
    audiences = said.get("aud")
    addressed = audiences if isinstance(audiences, list) else [audiences]
    known = [issuer for issuer in issuers if issuer.issuer == said["iss"]]
    if not known:
        raise TokenRefused(f"issuer {str(said['iss'])[:200]!r} is not trusted here")
    return next((issuer for issuer in known if issuer.audience in addressed), known[0])


def _linked(issuer: Issuer, claims: Claims) -> User | None:
    links = SocialAccount.objects.filter(provider=issuer.slug, uid=claims["sub"])
    return User.objects.filter(pk__in=links.values("user_id")).prefetch_related("groups").first()


def _link(issuer: Issuer, claims: Claims, *, at: datetime) -> User:
    name = _username(issuer, claims)
    try:
        with transaction.atomic():
            person = User.objects.filter(username=name).first()
            if person is not None and (person.is_superuser or not issuer.links_people):
                raise TokenRefused(f"{name!r} is taken by somebody who is not linked to {issuer}")
            if person is None:
                person = _created(issuer, claims, name, at=at)
            SocialAccount.objects.create(user=person, provider=issuer.slug, uid=claims["sub"])
    except IntegrityError:
        # Another request with the same token was faster.
        found = _linked(issuer, claims)
        if found is None:
            raise
        return found
    return person


def _created(issuer: Issuer, claims: Claims, name: str, *, at: datetime) -> User:
    if not issuer.creates_people:
        raise TokenRefused(f"{name!r} is not known here, and {issuer} creates nobody")
    person = User(
        username=name,
        email=_email(claims),
        first_name=str(claims.get("given_name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
    )
    person.set_unusable_password()
    return save_person(person, role=role_in(issuer, claims), by=None, at=at)


def _username(issuer: Issuer, claims: Claims) -> str:
    name = claims.get(issuer.username_claim)
    if not isinstance(name, str) or not name:
        raise TokenRefused(f"{issuer.username_claim} is missing")
    name = User.normalize_username(name)
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError as error:
        raise TokenRefused(f"{name[:200]!r} is no username") from error
    return name


def _email(claims: Claims) -> str:
    """The address, unless it is none, or the issuer itself doubts that it is theirs."""
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is False:
        return ""
    try:
        User._meta.get_field("email").run_validators(email)
    except ValidationError:
        return ""
    return email


def _give(person: User, role: Role, *, made: datetime, at: datetime) -> None:
    """What the issuer says now. Tokens made before this one end; this one stays."""
    try:
        save_person(person, role=role, by=None, at=at, sessions_end=made)
    except DomainError as error:
        logger.warning("The role of %s stays: %s", person, error.message)


def _note(person: User, *, made: datetime, at: datetime) -> None:
    with transaction.atomic():
        if User.objects.filter(pk=person.pk).exclude(last_login__gte=made).update(last_login=made):
            record_sign_in(person, how="issuer's token", at=at)

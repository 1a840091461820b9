"""How the API knows who is calling: a CI token, a JSON web token of ours or of a trusted issuer, or the session."""

import logging
import time
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from accounts.binding import tenant_id
from accounts.claims import TokenRefused
from accounts.ending import is_ended
from accounts.issuers import CIJob, claims_of, job_of, person_of
from accounts.jwt import ERA_CLAIM
from accounts.models import CIToken
from accounts.models.issuers import IssuerKind
from accounts.roles import Role
from accounts.services import find_ci_token

logger = logging.getLogger(__name__)
_PERMISSIONS_SECONDS = 60.0
_permissions: dict[str, tuple[float, frozenset[str]]] = {}


class CICaller:
    """A CI job, as ``request.user``: it holds the permissions of the ``ci_reporter`` role and nothing else."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False
    pk = None

    def __init__(self, token: CIToken | CIJob) -> None:
        self.token = token

    def __str__(self) -> str:
        return f"CI token {self.token.name}" if isinstance(self.token, CIToken) else f"CI {self.token}"

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Whether the role ``ci_reporter`` of this tenant holds the permission."""
        return permission in ci_permissions()

    def get_all_permissions(self) -> frozenset[str]:
        """All of the role's permissions, as ``app.codename``."""
        return ci_permissions()


def ci_permissions() -> frozenset[str]:
    """Permissions of the tenant's ``ci_reporter`` group, read at most once a minute and tenant."""
    tenant = tenant_id()
    known = _permissions.get(tenant)
    if known and known[0] > time.monotonic():
        return known[1]
    rows = Permission.objects.filter(group__name=Role.CI_REPORTER.value)
    found = frozenset(f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename"))
    _permissions[tenant] = (time.monotonic() + _PERMISSIONS_SECONDS, found)
    return found


def ci_token_of(request: Request) -> CIToken | CIJob | None:
    """The CI token that a request was made with, or the job that a CI service vouches for; None for a person."""
    return request.auth if isinstance(request.auth, CIToken | CIJob) else None


def bearer_of(request: Request) -> str:
    """The JSON web token that a request carries, empty where it has none."""
    scheme, _, token = get_authorization_header(request).partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""


class CITokenAuthentication(BaseAuthentication):
    """``Authorization: Token <token>``."""

    def authenticate(self, request: Request) -> tuple[CICaller, CIToken] | None:
        """The caller, or None where the header is of another kind.

        Raises:
            AuthenticationFailed: the token is unknown here, revoked or expired.
        """
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"token":
            return None
        token = find_ci_token(secret.strip().decode("latin-1"), at=timezone.now())
        if token is None:
            raise AuthenticationFailed("The token is not valid here, revoked or expired.", code="invalid_token")
        return CICaller(token), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Token, Bearer"


class IssuerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <jwt>`` of an issuer that the tenant trusts. Ours name none: they go on."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The caller, or None where there is no token, or one of ours.

        Raises:
            AuthenticationFailed: in general terms; the log says why.
            IssuerAway: the issuer's keys cannot be had.
        """
        token = bearer_of(request)
        if not token:
            return None
        try:
            return _caller_of(token)
        except TokenRefused as refusal:
            logger.warning("Bearer token refused: %s", refusal.why)
            raise AuthenticationFailed(refusal.message, code=refusal.code) from refusal


def _caller_of(token: str) -> tuple[Any, Any] | None:
    found = claims_of(token)
    if is_ended(token):
        raise TokenRefused("it was signed out")
    if found is None:
        return None
    issuer, claims = found
    if issuer.kind == IssuerKind.PEOPLE:
        return person_of(issuer, claims, at=timezone.now()), claims
    job = job_of(issuer, claims)
    return CICaller(job), job


class TenantJWTAuthentication(JWTAuthentication):
    """``Authorization: Bearer <jwt>`` of ours; the token classes refuse other tenants."""

    def get_user(self, validated_token: Token) -> Any:
        """The token's person.

        Raises:
            AuthenticationFailed: they are gone or inactive, or have been signed out everywhere since.
        """
        person: Any = super().get_user(validated_token)
        if validated_token.get(ERA_CLAIM) != person.era:
            raise AuthenticationFailed("You were signed out. Sign in again.", code="sessions_ended")
        return person

"""How the API knows who is calling: a CI token, a person's JWT, or the admin's session."""

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
from accounts.jwt import ERA_CLAIM
from accounts.models import CIToken
from accounts.roles import Role
from accounts.services import find_ci_token

_PERMISSIONS_SECONDS = 60.0
_permissions: dict[str, tuple[float, frozenset[str]]] = {}


class CICaller:
    """A CI job, as ``request.user``: it holds the permissions of the ``ci_reporter`` role and nothing else."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False
    pk = None

    def __init__(self, token: CIToken) -> None:
        self.token = token

    def __str__(self) -> str:
        return f"CI token {self.token.name}"

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


def ci_token_of(request: Request) -> CIToken | None:
    """The CI token that a request was made with, None where a person makes it."""
    return request.auth if isinstance(request.auth, CIToken) else None


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


class TenantJWTAuthentication(JWTAuthentication):
    """``Authorization: Bearer <jwt>``; the token classes refuse other tenants."""

    def get_user(self, validated_token: Token) -> Any:
        """The token's person.

        Raises:
            AuthenticationFailed: they are gone or inactive, or have been signed out everywhere since.
        """
        person: Any = super().get_user(validated_token)
        if validated_token.get(ERA_CLAIM) != person.era:
            raise AuthenticationFailed("You were signed out. Sign in again.", code="sessions_ended")
        return person

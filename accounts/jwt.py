"""JSON web tokens that name their tenant: user ids coincide between tenants, tokens must not."""

from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.binding import tenant_id

CLAIM = "tenant"
ERA_CLAIM = "era"


class TenantBound(Token):
    """Puts the tenant into new tokens, and refuses tokens of another tenant."""

    @classmethod
    def for_user(cls, user: AbstractBaseUser) -> Self:  # type: ignore[override]
        """A token of this user in the current tenant."""
        token: Self = super().for_user(user)
        token[CLAIM] = tenant_id()
        token[ERA_CLAIM] = getattr(user, "era", "")
        return token

    def verify(self) -> None:
        """Check expiry and kind, then the tenant.

        Raises:
            TokenError: the token is of another tenant.
        """
        super().verify()
        if self.payload.get(CLAIM) != tenant_id():
            raise TokenError("Token is of another tenant")


class TenantAccessToken(TenantBound, AccessToken):
    """What a request carries."""


class TenantRefreshToken(TenantBound, RefreshToken):  # type: ignore[misc]
    """What a new access token is made from."""

    access_token_class = TenantAccessToken

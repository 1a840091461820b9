"""From credentials to tokens of the current tenant."""

from typing import Any, cast

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework import serializers
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer, TokenRefreshSerializer

from accounts.authentication import TenantJWTAuthentication
from accounts.ending import is_ended
from accounts.jwt import TenantAccessToken, TenantRefreshToken
from accounts.models import User
from accounts.people import record_sign_in
from accounts.sign_in import forgive


class SignInSerializer(TokenObtainPairSerializer):
    """Username and password; an inactive account is answered like a wrong password."""

    token_class = TenantRefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Make the tokens, and note that somebody has signed in."""
        made = super().validate(attrs)
        forgive(self.context["request"], attrs["username"])
        record_sign_in(cast(User, self.user), how="token", at=timezone.now())
        return made


class RefreshSerializer(TokenRefreshSerializer):
    """A refresh token of this tenant, whose person is still there, active, and has the same password."""

    token_class = TenantRefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Make a new access token.

        Raises:
            InvalidToken: expired, of another tenant, forged, or its person is gone.
            AuthenticationFailed: its person is inactive, or has changed the password since.
        """
        if is_ended(attrs["refresh"]):
            raise InvalidToken("The token was signed out.")
        try:
            made: dict[str, str] = super().validate(attrs)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        except get_user_model().DoesNotExist as error:
            raise InvalidToken("The token's person is gone.") from error
        # Access that would be refused at once is not given: it carries the password's claim on.
        TenantJWTAuthentication().get_user(TenantAccessToken(made["access"]))  # type: ignore[arg-type]
        return made


class TokenPairSerializer(serializers.Serializer[Any]):
    """What signing in answers."""

    access = serializers.CharField(help_text="For ``Authorization: Bearer``; short-lived.")
    refresh = serializers.CharField(help_text="For ``/api/auth/token/refresh``.")


class AccessSerializer(serializers.Serializer[Any]):
    """What refreshing answers."""

    access = serializers.CharField(help_text="For ``Authorization: Bearer``; short-lived.")


class SignOutSerializer(serializers.Serializer[Any]):
    """What else ends."""

    refresh = serializers.CharField(required=False, help_text="The refresh token that goes with the access token.")

    def validate_refresh(self, value: str) -> str:
        """One of this tenant's that still holds: of any other we would not know until when to remember it."""
        try:
            TenantRefreshToken(value)  # type: ignore[arg-type]
        except TokenError as error:
            raise serializers.ValidationError(error.args[0]) from error
        return value

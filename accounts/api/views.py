"""Signing in for scripts: JSON web tokens for people. CI jobs have tokens of their own."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenViewBase

from accounts.api.serializers import (
    AccessSerializer,
    RefreshSerializer,
    SignInSerializer,
    SignOutSerializer,
    TokenPairSerializer,
)
from accounts.authentication import bearer_of
from accounts.claims import unverified
from accounts.ending import end_token
from core.api.parsers import StrictJSONParser
from core.api.schema import Answers, problems
from core.errors import Forbidden

_PROBLEMS = problems(400, 401, 406, 413, 415, 422, 429)


def _answers(success: type) -> Answers:
    return {(200, "application/json"): success} | _PROBLEMS


class SignIn(TokenViewBase):
    """Attempts are throttled by address, as everything is that has no caller yet."""

    serializer_class = SignInSerializer
    parser_classes = [StrictJSONParser]

    def get_serializer_context(self) -> dict[str, Any]:
        """With Django's own request: what counts wrong passwords leaves its findings there."""
        return {**super().get_serializer_context(), "request": self.request._request}

    @extend_schema(
        tags=["auth"],
        operation_id="sign_in",
        summary="Sign in",
        auth=[],
        request=SignInSerializer,
        responses=_answers(TokenPairSerializer),
    )
    def post(self, request: Request) -> Response:
        """Exchange username and password for an access token and a refresh token of this tenant."""
        return super().post(request)


class Refresh(TokenViewBase):
    """New access without the password."""

    serializer_class = RefreshSerializer
    parser_classes = [StrictJSONParser]

    @extend_schema(
        tags=["auth"],
        operation_id="refresh_token",
        summary="Refresh a token",
        auth=[],
        request=RefreshSerializer,
        responses=_answers(AccessSerializer),
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new access token."""
        return super().post(request)


class SignOut(APIView):
    """The end of a token before its time."""

    permission_classes = [IsAuthenticated]
    parser_classes = [StrictJSONParser]

    @extend_schema(
        tags=["auth"],
        operation_id="sign_out",
        summary="Sign out",
        request=SignOutSerializer,
        responses={204: None} | _PROBLEMS | problems(403, 503),
    )
    def post(self, request: Request) -> Response:
        """End the JSON web token that this is called with, and the refresh token in the body, where there is one."""
        token = bearer_of(request)
        if not token:
            reason = "Call with the JSON web token that is to end. Browsers sign out in the console."
            raise Forbidden("nothing_to_end", reason)
        sent = SignOutSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        for ended in filter(None, [token, sent.validated_data.get("refresh", "")]):
            end_token(ended, expires=unverified(ended)["exp"], at=timezone.now())
        return Response(status=204)

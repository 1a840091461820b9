"""``POST /api/webhooks/github`` and ``/gitlab``: code hosts say what has become of pull requests."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.choices import HostKind
from compliance.codehost import github_events, gitlab_events
from compliance.codehost.events import Event
from compliance.models import CodeHost
from compliance.services.webhooks import take_delivery
from core.api.parsers import BytesParser, read_json
from core.api.schema import Answers, problems
from core.api.views import Endpoint
from core.encryption import SecretUnreadable
from core.errors import Invalid, NotSigned

MAX_HEADER_CHARS = 200
logger = logging.getLogger(__name__)


class TakenSerializer(serializers.Serializer[Any]):
    """What became of a webhook."""

    status = serializers.ChoiceField(["applied", "ignored", "duplicate", "pong"])


_TAKEN: Answers = {(200, "application/json"): TakenSerializer}
_ANSWERS = _TAKEN | problems(400, 401, 406, 411, 413, 415, 422, 503)


class Webhook(Endpoint):
    """What both hosts share. Who may post is who knows a webhook secret of this tenant."""

    authentication_classes = []
    permission_classes = [AllowAny]
    # A host sends as many as its people work; nobody else comes past the signature.
    throttle_classes = []
    parser_classes = [BytesParser]
    kind: ClassVar[HostKind]

    def take(self, request: Request, *, signs: Callable[[bytes, bytes], bool]) -> Response:
        """Find who sent it, read it, take it in.

        Args:
            signs: whether a secret has signed the body.
        """
        sent: Any = request.data
        # Without a body there is nothing to parse, and DRF makes up an empty form.
        body = sent if isinstance(sent, bytes) else b""
        host = self._sender(lambda secret: signs(secret, body))
        name, delivery_id = self.names(request, body)
        if name == "ping":
            return Response({"status": "pong"})
        event = self.read(name, read_json(body))
        taken = take_delivery(host, delivery_id=delivery_id, name=name, body=body, event=event, at=timezone.now())
        return Response({"status": taken})

    def names(self, request: Request, body: bytes) -> tuple[str, str]:
        """The event's name and the delivery's id, from the headers."""
        raise NotImplementedError

    def read(self, name: str, body: Any) -> Event | None:
        """What it says."""
        raise NotImplementedError

    def _sender(self, signed_with: Callable[[bytes], bool]) -> CodeHost:
        # Every secret is tried: how long it takes does not say which of them was nearly right.
        found = [host for host, secret in self._secrets() if signed_with(secret)]
        if not found:
            raise NotSigned("not_signed", "No code host of this tenant has signed this with its webhook secret.")
        return found[0]

    def _secrets(self) -> Iterator[tuple[CodeHost, bytes]]:
        for host in CodeHost.objects.enabled().filter(kind=self.kind):
            try:
                secret = host.webhook_secret.reveal()
            except SecretUnreadable:
                logger.exception("the webhook secret of %s cannot be decrypted", host)
                continue
            if secret:
                yield host, secret.encode()


class GitHubWebhook(Webhook):
    """``POST /api/webhooks/github``."""

    kind = HostKind.GITHUB

    @extend_schema(
        tags=["webhooks"],
        operation_id="take_github_webhook",
        summary="Take a webhook of GitHub",
        auth=[],
        request=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("X-GitHub-Event", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("X-GitHub-Delivery", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter(
                "X-Hub-Signature-256",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="sha256= and the HMAC-SHA256 of the body under the webhook secret, in hexadecimal.",
            ),
        ],
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> Response:
        """Pull requests (``pull_request``) and merge queues (``merge_group``); ``ping`` is answered, others ignored."""
        stated = request.headers.get("X-Hub-Signature-256", "").encode(errors="replace")
        return self.take(request, signs=lambda secret, body: hmac.compare_digest(_signature(secret, body), stated))

    def names(self, request: Request, body: bytes) -> tuple[str, str]:
        """GitHub's headers."""
        return _header(request, "X-GitHub-Event"), _header(request, "X-GitHub-Delivery")

    def read(self, name: str, body: Any) -> Event | None:
        """As GitHub writes it."""
        return github_events.read_event(name, body)


class GitLabWebhook(Webhook):
    """``POST /api/webhooks/gitlab``."""

    kind = HostKind.GITLAB

    @extend_schema(
        tags=["webhooks"],
        operation_id="take_gitlab_webhook",
        summary="Take a webhook of GitLab",
        auth=[],
        request=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("X-Gitlab-Event", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("X-Gitlab-Token", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER),
        ],
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> Response:
        """Merge requests (``Merge Request Hook``); others are ignored."""
        stated = request.headers.get("X-Gitlab-Token", "").encode(errors="replace")
        return self.take(request, signs=lambda secret, body: hmac.compare_digest(secret, stated))

    def names(self, request: Request, body: bytes) -> tuple[str, str]:
        """GitLab's headers. Older ones name no delivery: then the body does."""
        stated = request.headers.get("Idempotency-Key") or request.headers.get("X-Gitlab-Event-UUID") or ""
        delivery_id = stated.replace("\0", "")[:MAX_HEADER_CHARS] or hashlib.sha256(body).hexdigest()
        return _header(request, "X-Gitlab-Event"), delivery_id

    def read(self, name: str, body: Any) -> Event | None:
        """As GitLab writes it."""
        return gitlab_events.read_event(name, body)


def _signature(secret: bytes, body: bytes) -> bytes:
    return b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()


def _header(request: Request, name: str) -> str:
    value = request.headers.get(name, "")
    if not value or len(value) > MAX_HEADER_CHARS or not value.isprintable():
        reason = f"Expected 1 to {MAX_HEADER_CHARS} printable characters."
        raise Invalid("invalid", f"Not valid: {name}.", errors={name: [reason]})
    return value

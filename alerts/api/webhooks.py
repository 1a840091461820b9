"""``POST /api/webhooks/pagerduty``: who acknowledges an incident there, acknowledges the alert here."""

import hashlib
import hmac
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Channel
from alerts.services.hearing import hear_pagerduty, webhook_secrets
from core.api.parsers import BytesParser, read_json
from core.api.schema import Answers, problems
from core.api.views import Endpoint
from core.errors import NotSigned


class HeardSerializer(serializers.Serializer[Any]):
    """What became of an event."""

    status = serializers.ChoiceField(["applied", "ignored", "duplicate"])


_HEARD: Answers = {(200, "application/json"): HeardSerializer}


class PagerDutyWebhook(Endpoint):
    """V3: https://developer.pagerduty.com/docs/webhooks-overview. Who may post is who knows a channel's secret."""

    authentication_classes = []
    permission_classes = [AllowAny]
    # PagerDuty sends as many as there are incidents; nobody else comes past the signature.
    throttle_classes = []
    parser_classes = [BytesParser]

    @extend_schema(
        tags=["webhooks"],
        operation_id="take_pagerduty_webhook",
        summary="Take a webhook of PagerDuty",
        auth=[],
        request=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter(
                "X-PagerDuty-Signature",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="v1= and the HMAC-SHA256 of the body under the webhook secret, in hexadecimal; or several.",
            )
        ],
        responses=_HEARD | problems(400, 401, 406, 411, 413, 415, 422, 503),
    )
    def post(self, request: Request) -> Response:
        """``incident.acknowledged`` counts; other events are ignored."""
        sent: Any = request.data
        body = sent if isinstance(sent, bytes) else b""
        channel = _sender(body, request.headers.get("X-PagerDuty-Signature", ""))
        return Response({"status": hear_pagerduty(channel, read_json(body), at=timezone.now())})


def signature(secret: str, body: bytes) -> str:
    """What PagerDuty sends with a body."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _sender(body: bytes, stated: str) -> Channel:
    """The channel whose secret has signed the body.

    Raises:
        NotSigned: there is none in this tenant.
    """
    given = [one.strip().encode(errors="replace") for one in stated.split(",")[:10]]
    # Every secret is tried: how long it takes does not say which of them was nearly right.
    found = [channel for channel, secret in webhook_secrets() if _is_among(given, signature(secret, body).encode())]
    if not found:
        raise NotSigned("not_signed", "No PagerDuty channel of this tenant has signed this with its webhook secret.")
    return found[0]


def _is_among(given: list[bytes], right: bytes) -> bool:
    return sum(hmac.compare_digest(right, one) for one in given) > 0

"""An address of the tenant's own, called with a signed message: https://www.standardwebhooks.com/.

The id is the same however often it is tried, so that a receiver can tell a repetition.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
import requests
from django.utils import timezone

from alerts.channels.base import Destination, Entry, Packet, Receipt, SendError
from core.errors import Invalid
from core.outgoing import TIMEOUT_SECONDS, AddressRefused, session

_GONE = 410
_LONGEST_WAIT = timedelta(hours=1)


class WebhookTransport:
    """HTTP POST of JSON, with ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``."""

    entries: ClassVar[Sequence[Entry]] = (
        Entry(name="url", label="Address", help="https://…; called with POST"),
        Entry(name="secret", label="Signing secret", help="At least 24 characters.", secret=True),
    )
    interval: ClassVar[timedelta] = timedelta()
    bundle: ClassVar[int] = 1

    def check(self, destination: Destination) -> None:
        """An address that can be called, and a secret that cannot be guessed."""
        url = urlsplit(str(destination.settings.get("url", "")))
        if url.scheme not in ("https", "http") or not url.hostname:
            raise Invalid("invalid", "Not an address.", errors={"url": ["An address like https://example.com/hook."]})
        if len(destination.secrets.get("secret", "")) < 24:
            raise Invalid("invalid", "The secret is too short.", errors={"secret": ["At least 24 characters."]})

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Call the address; any 2xx is taken for an answer that it was understood."""
        (packet,) = packets
        body = orjson.dumps(body_of(packet))
        stamp = int(timezone.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "forge-console",
            "webhook-id": str(packet.id),
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(destination.secrets["secret"], str(packet.id), stamp, body),
        }
        try:
            with session() as http:
                answer = http.post(destination.settings["url"], data=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except AddressRefused as error:
            raise SendError(error.message, permanent=True, channel=True) from error
        except requests.RequestException as error:
            raise SendError(f"{type(error).__name__}: {error}"[:500]) from error
        if not 200 <= answer.status_code < 300:
            raise error_of(answer, at=timezone.now())
        return Receipt(delivered=True)


def body_of(packet: Packet) -> dict[str, Any]:
    """What is sent."""
    return {"id": str(packet.id), "alert": packet.alert or None, **packet.message, "acknowledge": packet.acknowledge}


def signature(secret: str, message_id: str, stamp: int, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 over id, time and body, in base64."""
    signed = b".".join((message_id.encode(), str(stamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def error_of(answer: requests.Response, *, at: datetime) -> SendError:
    """What an answer that is no 2xx means: 410 is for ever, other 4xx for this message, the rest for now."""
    status = answer.status_code
    said = f"{status} {answer.reason}"
    if status == _GONE:
        return SendError(f"{said}: the receiver wants no more messages.", permanent=True, channel=True)
    wait = wait_of(answer.headers.get("retry-after", ""), at=at)
    if status == 429 or (status == 503 and wait is not None):
        return SendError(said, wait=wait or timedelta(minutes=1))
    return SendError(said, permanent=300 <= status < 500 and status not in (408, 409, 425))


def wait_of(text: str, *, at: datetime) -> timedelta | None:
    """How long a ``Retry-After`` header means, at most an hour; None where it means nothing."""
    if text.isdecimal():
        return min(timedelta(seconds=int(text[:6])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - at, timedelta()), _LONGEST_WAIT)

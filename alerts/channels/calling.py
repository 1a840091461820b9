"""Calling providers: hosts of theirs and no others, at checked addresses, and errors that hold no secret."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils import timezone

from alerts.channels.base import SendError
from alerts.channels.webhook import wait_of
from core.errors import Invalid
from core.outgoing import TIMEOUT_SECONDS, AddressRefused, session

_UNTOLD = timedelta(minutes=1)
"""How long to wait where a provider limits us and does not say for how long."""


def check_host(address: str, hosts: Collection[str], *, entry: str) -> None:
    """Refuse an address that is not the provider's, unless the installation has named its host.

    Raises:
        Invalid: names the entry.
    """
    if not _is_of(address, hosts):
        reason = f"An address like https://{min(hosts)}/…; an operator may allow others (ALERT_PROVIDER_HOSTS)."
        raise Invalid("invalid", "Not an address of the provider.", errors={entry: [reason]})


def _is_of(address: str, hosts: Collection[str]) -> bool:
    try:
        url = urlsplit(address)
        host = url.hostname or ""
        own_port = url.port in (None, 443)
    except ValueError:
        return False
    if url.username is not None or not address.isprintable():
        return False
    if host in settings.ALERT_PROVIDER_HOSTS:
        return url.scheme in ("https", "http")
    return url.scheme == "https" and own_port and host in hosts


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    """POST to a checked address, without following redirects.

    Raises:
        SendError: no answer came. What it says holds no part of the address, which may be a secret.
    """
    try:
        with session() as http:
            return http.post(url, data=body, headers=dict(headers), timeout=TIMEOUT_SECONDS)
    except AddressRefused as error:
        raise SendError(error.message, permanent=True, channel=True) from None
    except requests.RequestException as error:
        # Its text and its cause name the address.
        raise SendError(f"No answer: {type(error).__name__}.") from None


def limited(said: str, retry_after: str) -> SendError:
    """The provider wants us to wait: as long as it says, a minute where it does not."""
    return SendError(said, wait=wait_of(retry_after, at=timezone.now()) or _UNTOLD)

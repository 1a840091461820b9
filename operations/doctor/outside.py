"""Servers of others: mail always, code hosts and channels on demand. Nothing is sent to anybody."""

import smtplib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.mail import get_connection
from django_tenants.utils import tenant_context

from alerts.choices import ChannelKind
from alerts.models import Channel
from compliance.codehost.clients import client_of
from compliance.models import CodeHost
from core.errors import DomainError
from core.outgoing import checked_addresses
from operations.doctor.findings import Told, fail, ok, warn
from tenants.current import connection
from tenants.models import Tenant

_PROVIDERS = {ChannelKind.SLACK: "https://slack.com", ChannelKind.PAGERDUTY: "https://events.pagerduty.com"}
_CONNECT_SECONDS = 5.0
_NETWORK = "See that this host may connect to it, and that OUTGOING_ALLOWED_NETWORKS has its network if it is private."


def check_mail() -> Iterator[Told]:
    """The mail server takes our sign-in."""
    if "dummy" in settings.EMAIL_BACKEND:
        yield warn("No mail server is set: nobody gets email.", "Set EMAIL_URL=smtp+tls://user:password@host:587.")
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        sender = get_connection(timeout=_CONNECT_SECONDS)
        sender.open()
        sender.close()
    except smtplib.SMTPAuthenticationError as error:
        yield fail(f"{server} refuses our sign-in: {error.smtp_code}", "Mend user and password in EMAIL_URL.")
    except (smtplib.SMTPException, OSError) as error:
        yield fail(f"{server} does not answer: {error}", "Mend EMAIL_URL, or the network to it.")
    else:
        yield ok(f"{server} takes our sign-in")


def check_code_hosts() -> Iterator[Told]:
    """Every tenant's code hosts answer, and know the token."""
    for tenant in _active():
        with tenant_context(tenant):
            for host in CodeHost.objects.all():
                named = f"{tenant.schema_name}: {host.name}"
                token = host.token.reveal()
                if not token:
                    yield warn(f"{named} has no token: verdicts are not told.", "Enter one at the code host's page.")
                    continue
                try:
                    who = client_of(host.kind, base_url=host.base_url, token=token).signed_in_as()
                except Exception as error:
                    yield fail(f"{named}: {error}", "Mend address and token at the code host's page. " + _NETWORK)
                else:
                    yield ok(f"{named} knows us as {who}")


def check_channels() -> Iterator[Told]:
    """The servers of every tenant's channels, and of the operators', can be reached."""
    for tenant in [*_active(), *Tenant.objects.filter(schema_name="public")]:
        with tenant_context(tenant):
            for channel in Channel.objects.filter(enabled=True):
                if not (address := _address_of(channel)):
                    continue
                named = f"{tenant.schema_name}: {channel}"
                try:
                    _connect(address)
                except (OSError, DomainError, requests.RequestException) as error:
                    yield fail(f"{named}: {urlsplit(address).hostname}: {error}", _NETWORK)
                else:
                    yield ok(f"{named}: {urlsplit(address).hostname} can be reached")


def _address_of(channel: Channel) -> str:
    stated = [*channel.settings.values()]
    address = next((str(value) for value in stated if str(value).startswith(("https://", "http://"))), "")
    return address or _PROVIDERS.get(ChannelKind(channel.kind), "")


def _connect(address: str) -> None:
    parts = urlsplit(address)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    host = checked_addresses(parts.hostname or "", port)[0]
    socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()


def _active() -> list[Tenant]:
    connection.set_schema_to_public()
    return list(Tenant.objects.active())

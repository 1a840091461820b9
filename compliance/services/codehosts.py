"""Configuring code hosts: where they are, what we sign in with, and whether they answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.permitting import check_permitted
from audit.services import record_entry
from compliance.choices import HostKind
from compliance.codehost.clients import HostError, client_of
from compliance.models import CodeHost, StatusUpdate
from compliance.services.announcing import announce_updates
from core.encryption import Secret
from core.errors import Forbidden, Invalid

EDITABLE = ("name", "base_url", "token", "webhook_secret", "enabled", "creates_repositories")
SECRETS = ("token", "webhook_secret")
MIN_WEBHOOK_SECRET = 16


@transaction.atomic
def add_code_host(*, kind: str, values: Mapping[str, Any], by: User, at: datetime) -> CodeHost:
    """Configure a code host.

    Raises:
        Forbidden: ``by`` may not configure code hosts.
        Invalid: names the field that is wrong.
    """
    _permitted(by, "compliance.add_codehost")
    if kind not in HostKind.values:
        raise _wrong("kind", "Not a kind of code host.")
    _check(values)
    host = CodeHost.objects.create(kind=kind, **{name: values[name] for name in EDITABLE if name in values})
    record_entry(action="code_host.added", resource=host, by=by, at=at, after={"kind": kind, **_shown(host, values)})
    return host


@transaction.atomic
def edit_code_host(host_id: int, *, changes: Mapping[str, Any], by: User, at: datetime) -> CodeHost:
    """Change a code host. Secrets that are not given, or given empty, stay.

    Raises:
        Forbidden: ``by`` may not configure code hosts.
        Invalid: names the field that is wrong; another address wants the token anew.
    """
    _permitted(by, "compliance.change_codehost")
    given = {name: value for name, value in changes.items() if value or name not in SECRETS}
    _check(given)
    host = CodeHost.objects.select_for_update(no_key=True).get(pk=host_id)
    changed = {name: value for name, value in given.items() if name in SECRETS or getattr(host, name) != value}
    if _origin(changed.get("base_url", host.base_url)) != _origin(host.base_url) and "token" not in changed:
        # Or whoever may edit the address could have the token sent to a server of their own.
        raise _wrong("token", "Enter the token again: it would be sent to another address.")
    before = _shown(host, changed)
    for name, value in changed.items():
        setattr(host, name, value)
    if changed:
        host.paused_until = None
        host.save(update_fields=[*changed, "paused_until"])
        after = _shown(host, changed)
        record_entry(action="code_host.edited", resource=host, by=by, at=at, before=before, after=after)
    return host


def try_connection(host: CodeHost, *, by: User) -> str:
    """Sign in at a code host, and say as whom. Not to be called in a transaction: it waits for the host.

    Raises:
        Forbidden: ``by`` may not configure code hosts.
        Invalid: the host does not let us in; says what it answered.
    """
    _permitted(by, "compliance.change_codehost")
    if not host.token:
        raise Invalid("no_token", "There is no token to sign in with.")
    try:
        return client_of(host.kind, base_url=host.base_url, token=host.token.reveal()).signed_in_as()
    except HostError as error:
        raise Invalid("host_refused", f"{host} does not let us in: {error.message}") from error


@transaction.atomic
def send_again(update: StatusUpdate, *, by: User | None, at: datetime) -> None:
    """Give a message that has failed its attempts back.

    Raises:
        Forbidden: ``by`` may not send messages again.
    """
    check_permitted(by, "compliance.change_statusupdate", "Your role may not send messages to code hosts again.")
    update.requeue(at=at)
    transaction.on_commit(announce_updates, robust=True)


def _check(values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise _wrong(unknown[0], "Fixed.")
    if "name" in values and not values["name"]:
        raise _wrong("name", "Needed.")
    if "base_url" in values:
        _check_address(values["base_url"])
    secret = str(_plain(values.get("webhook_secret")))
    if secret and len(secret) < MIN_WEBHOOK_SECRET:
        raise _wrong("webhook_secret", f"At least {MIN_WEBHOOK_SECRET} characters, random ones.")
    for name in SECRETS:
        if not str(_plain(values.get(name))).isprintable():
            raise _wrong(name, "Holds characters that cannot be sent.")


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _wrong("base_url", "Not a web address.") from None
    if not known or parts.username or parts.query or parts.fragment:
        raise _wrong("base_url", "Expected an address like https://github.example.com/api/v3.")
    # Within a network of one's own, which an operator has opened, plain HTTP is one's own affair.
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.OUTGOING_ALLOWED_NETWORKS):
        raise _wrong("base_url", "Begins with https://: the token is sent there.")


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _shown(host: CodeHost, names: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log may know: of a secret its mask, and so that it was changed."""
    return {name: str(getattr(host, name)) if name in SECRETS else getattr(host, name) for name in names}


def _plain(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else value or ""


def _wrong(field: str, reason: str) -> Invalid:
    return Invalid("invalid", f"{field}: {reason}", errors={field: [reason]})


def _permitted(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise Forbidden("forbidden", "Your role may not configure code hosts.")

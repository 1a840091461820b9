"""Whose word a tenant takes for who is calling: issuers of tokens, added and changed by its administrators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.claims import MIN_SHARED_KEY_BYTES
from accounts.issuers import LADDER
from accounts.models import Issuer, User
from accounts.models.issuers import IssuerKind
from accounts.permitting import check_permitted
from accounts.services import PATTERN
from audit.services import record_entry
from core.errors import Invalid

SECRETS = ("shared_key", "client_secret")
FIXED = ("slug", "kind")
_REFUSAL = "Your role may not say whose tokens are believed."


@transaction.atomic
def add_issuer(*, values: Mapping[str, Any], by: User | None, at: datetime) -> Issuer:
    """Believe an issuer's tokens.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: names the field that is wrong.
    """
    check_permitted(by, "accounts.add_issuer", _REFUSAL)
    issuer = Issuer(**values)
    _check(issuer)
    issuer.save()
    record_entry(action="issuer.added", resource=issuer, by=by, at=at, after=_shown(issuer, values))
    return issuer


@transaction.atomic
def edit_issuer(issuer_id: int, *, changes: Mapping[str, Any], by: User | None, at: datetime) -> Issuer:
    """Change what is believed of an issuer, or nothing any more (``enabled``). Secrets that are empty stay.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: names the field that is wrong; another address wants the client's secret anew.
    """
    check_permitted(by, "accounts.change_issuer", _REFUSAL)
    issuer = Issuer.objects.select_for_update(no_key=True).get(pk=issuer_id)
    given = {name: value for name, value in changes.items() if value or name not in SECRETS}
    changed = {name: value for name, value in given.items() if name in SECRETS or getattr(issuer, name) != value}
    if fixed := sorted(set(changed) & set(FIXED)):
        raise _wrong(fixed[0], "Never changes: people are linked to it. Add another issuer.")
    if "issuer" in changed and issuer.client_secret and "client_secret" not in changed:
        # Or whoever may edit the address could have the secret sent to a server of their own.
        raise _wrong("client_secret", "Enter the secret again: it would be sent to another address.")
    before = _shown(issuer, changed)
    for name, value in changed.items():
        setattr(issuer, name, value)
    _check(issuer)
    if changed:
        issuer.save()
        after = _shown(issuer, changed)
        record_entry(action="issuer.edited", resource=issuer, by=by, at=at, before=before, after=after)
    return issuer


def _check(issuer: Issuer) -> None:
    try:
        issuer.full_clean()
    except ValidationError as error:
        errors = {"tenant_value" if name == "__all__" else name: texts for name, texts in error.message_dict.items()}
        raise Invalid("invalid", " ".join(error.messages), errors=errors) from error
    for name in ("issuer", "jwks_url"):
        if getattr(issuer, name):
            _check_address(name, getattr(issuer, name))
    shared = issuer.shared_key.reveal()
    if shared and len(shared.encode()) < MIN_SHARED_KEY_BYTES:
        raise _wrong("shared_key", f"At least {MIN_SHARED_KEY_BYTES} bytes, random ones.")
    if issuer.kind == IssuerKind.PEOPLE:
        _check_people(issuer)
    elif not issuer.repositories or not all(PATTERN.fullmatch(pattern) for pattern in issuer.repositories):
        # A CI service signs for everybody's jobs: who may report has to be said.
        raise _wrong("repositories", "Name the repositories whose jobs may report: acme/shop, acme/*.")
    elif "*" in issuer.repositories:
        raise _wrong("repositories", "Not *: the service signs for everybody's jobs, also for strangers'.")


def _check_people(issuer: Issuer) -> None:
    known = {role.value for role in LADDER}
    roles = issuer.roles
    if not isinstance(roles, dict) or not set(map(str, roles.values())) <= known:
        raise _wrong("roles", f"A value of the claim for each role, one of {', '.join(sorted(known))}.")


def _check_address(name: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _wrong(name, "Not a web address.") from None
    if not known or parts.username or parts.fragment:
        raise _wrong(name, "Expected an address like https://login.example.com.")
    # Within a network of one's own, which an operator has opened, plain HTTP is one's own affair.
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.OUTGOING_ALLOWED_NETWORKS):
        raise _wrong(name, "Begins with https://: keys that are read on the way could be anybody's.")


def _shown(issuer: Issuer, names: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log may know: of a secret its mask, and so that it was changed."""
    return {name: str(getattr(issuer, name)) if name in SECRETS else getattr(issuer, name) for name in names}


def _wrong(field: str, reason: str) -> Invalid:
    return Invalid("invalid", f"{field}: {reason}", errors={field: [reason]})

"""Setting channels up, and switching them on and off. Secrets go in and never come out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from accounts.models import User
from alerts.channels import TRANSPORTS, transport_of
from alerts.channels.base import Destination
from alerts.choices import ChannelKind
from alerts.models import Channel
from alerts.services.announcing import announce_deliveries
from alerts.services.editing import checked, permitted
from alerts.services.failing import enable_channel, key_of
from alerts.services.raising import resolve_alert
from audit.services import record_entry
from core.encryption import MASK
from core.errors import Conflict, Invalid, NotFound

_ADDRESSES = ("url", "api")
"""Entries that say where secrets are sent."""


@transaction.atomic
def add_channel(
    *, kind: str, name: str, values: Mapping[str, Any], general: bool = True, by: User | None, at: datetime
) -> Channel:
    """Set a channel up.

    Args:
        values: by the names of the kind's entries, secrets among them.

    Raises:
        Forbidden: ``by`` may not set channels up.
        Invalid: names the entry that is wrong.
    """
    permitted(by, "alerts.add_channel")
    if kind not in TRANSPORTS or kind == ChannelKind.IN_APP:
        raise Invalid("invalid", "No such kind of channel.", errors={"kind": ["No such kind of channel."]})
    channel = Channel(kind=kind, name=name, general=general)
    _enter(channel, values, {})
    channel.save()
    after = {"kind": kind, "name": name, "general": general, **_shown(channel, values)}
    record_entry(action="channel.added", resource=channel, by=by, at=at, after=after)
    return channel


@transaction.atomic
def edit_channel(channel_id: int, *, changes: Mapping[str, Any], by: User | None, at: datetime) -> Channel:
    """Change a channel. Secrets that are not given, or given empty, stay.

    Args:
        changes: ``name``, ``general``, and values by the names of the kind's entries.

    Raises:
        Forbidden: ``by`` may not set channels up.
        Invalid: names the entry that is wrong; another address wants the secrets anew.
    """
    permitted(by, "alerts.change_channel")
    channel = _locked(channel_id)
    own = {name: changes[name] for name in ("name", "general") if name in changes}
    values = {name: value for name, value in changes.items() if name not in own}
    names = [*own, *(name for name, value in values.items() if value or name not in _secret_names(channel))]
    before = {name: getattr(channel, name) for name in own} | _shown(channel, values)
    for name, value in own.items():
        setattr(channel, name, value)
    changed_secrets = _enter(channel, values, secrets_of(channel))
    after = {name: getattr(channel, name) for name in own} | _shown(channel, values)
    differing = [name for name in names if before.get(name) != after.get(name) or name in changed_secrets]
    if differing:
        channel.save(update_fields=["name", "general", "settings", "secrets"])
        record_entry(
            action="channel.edited",
            resource=channel,
            by=by,
            at=at,
            before={name: before.get(name) for name in differing},
            after={name: after.get(name) for name in differing},
        )
    return channel


@transaction.atomic
def switch_on(channel_id: int, *, by: User, at: datetime) -> None:
    """Switch a channel on again: what waits for it goes out, or is stale.

    Raises:
        Forbidden: ``by`` may not.
        Conflict: it is on.
    """
    permitted(by, "alerts.change_channel")
    channel = _locked(channel_id)
    if channel.enabled:
        raise Conflict("already_on", f"{channel} is switched on already.")
    enable_channel(channel, at=at)
    announce_deliveries()
    before = {"enabled": False, "reason": channel.disabled_reason}
    record_entry(action="channel.enabled", resource=channel, by=by, at=at, before=before, after={"enabled": True})


@transaction.atomic
def switch_off(channel_id: int, *, reason: str, by: User, at: datetime) -> None:
    """Switch a channel off; it keeps its queue. Nobody is alerted: somebody wanted it.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: there is no reason.
        Conflict: it is off.
    """
    permitted(by, "alerts.change_channel")
    if not reason.strip():
        raise Invalid("invalid", "Say why.", errors={"reason": ["Say why."]})
    channel = _locked(channel_id)
    if not channel.enabled:
        raise Conflict("already_off", f"{channel} is switched off already.")
    channel.enabled, channel.disabled_reason = False, f"{reason.strip()} ({by})"
    channel.save(update_fields=["enabled", "disabled_reason"])
    resolve_alert(key_of(channel), at=at)
    record_entry(action="channel.disabled", resource=channel, by=by, at=at, after={"enabled": False}, note=reason)


def secrets_of(channel: Channel) -> dict[str, str]:
    """The stored secrets, readable. Not for showing."""
    text = channel.secrets.reveal()
    found: dict[str, str] = orjson.loads(text) if text else {}
    return found


def _enter(channel: Channel, values: Mapping[str, Any], stored: Mapping[str, str]) -> set[str]:
    """Set what was entered, and hold the channel to its kind's rules; returns the secrets that changed."""
    entries = {entry.name: entry for entry in transport_of(channel.kind).entries}
    if unknown := sorted(set(values) - set(entries)):
        raise Invalid("invalid", "No such entry.", errors={name: ["No such entry."] for name in unknown})
    given = {name: str(value) for name, value in values.items() if entries[name].secret and value}
    plain = {name: value for name, value in values.items() if not entries[name].secret}
    kept = set(stored) - set(given)
    moved = any(name in plain and (channel.settings.get(name) or "") != (plain[name] or "") for name in _ADDRESSES)
    if moved and kept:
        # Or whoever may edit the address could have the secrets sent to a server of their own.
        raise Invalid("invalid", "Enter it again.", errors={n: ["Enter it again: the address is new."] for n in kept})
    channel.settings = {name: value for name, value in {**channel.settings, **plain}.items() if value}
    secrets = {**stored, **given}
    _needed(channel, secrets)
    transport_of(channel.kind).check(Destination(channel.name, channel.settings, secrets))
    changed = {name for name, value in given.items() if stored.get(name) != value}
    if changed:
        channel.secrets = orjson.dumps(secrets).decode()
    checked(channel)
    return changed


def _needed(channel: Channel, secrets: Mapping[str, str]) -> None:
    missing = [
        entry.name
        for entry in transport_of(channel.kind).entries
        if entry.required and not (secrets if entry.secret else channel.settings).get(entry.name)
    ]
    if missing:
        raise Invalid("invalid", "Something is missing.", errors={name: ["Needed."] for name in missing})


def _shown(channel: Channel, names: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log may know: of a secret, that there is one."""
    secret = _secret_names(channel)
    stored = secrets_of(channel) if secret & set(names) else {}
    return {
        name: (MASK if stored.get(name) else "") if name in secret else channel.settings.get(name) for name in names
    }


def _secret_names(channel: Channel) -> set[str]:
    return {entry.name for entry in transport_of(channel.kind).entries if entry.secret}


def _locked(channel_id: int) -> Channel:
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("not_found", "There is no such channel.")
    return channel

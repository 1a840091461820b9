"""Channels that fail: paused while they may recover, switched off where they cannot, and admins told."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from alerts.choices import Tier
from alerts.models import Channel
from alerts.services.raising import raise_alert, resolve_alert
from tenants.addresses import absolute

PATIENCE = 3
"""Failures in a row before a channel is left alone for a while."""
ALARMING = 8
"""Failures in a row, over about five minutes, of which admins are told."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)


@transaction.atomic
def note_success(channel: Channel, *, at: datetime) -> None:
    """Something went out: what failed before is forgotten, and over."""
    Channel.objects.filter(pk=channel.pk, failures__gt=0).update(failures=0, paused_until=None)
    if channel.failures >= ALARMING:
        resolve_alert(key_of(channel), at=at)


@transaction.atomic
def note_failure(channel: Channel, *, reason: str, wait: timedelta | None, at: datetime) -> None:
    """Something did not go out. The channel keeps its queue and is left alone: as long as it says, or ever longer.

    One that goes on failing is told of through the others.
    """
    if wait is not None:
        Channel.objects.filter(pk=channel.pk).update(paused_until=at + wait)
        return
    Channel.objects.filter(pk=channel.pk).update(failures=F("failures") + 1)
    channel.refresh_from_db(fields=["failures"])
    over = channel.failures - PATIENCE
    if over >= 0:
        pause = min(_FIRST_PAUSE * 2 ** min(over, 10), _LONGEST_PAUSE)
        Channel.objects.filter(pk=channel.pk).update(paused_until=at + pause)
    if channel.failures == ALARMING:
        _alarm(channel, f"has failed {ALARMING} times in a row", reason, at)


@transaction.atomic
def disable_channel(channel: Channel, *, reason: str, at: datetime) -> None:
    """Switch a channel off that cannot work, and tell the admins through the others. Once, however many find out."""
    if not Channel.objects.filter(pk=channel.pk, enabled=True).update(enabled=False, disabled_reason=reason):
        return
    _alarm(channel, "does not work and was switched off", reason, at)


@transaction.atomic
def enable_channel(channel: Channel, *, at: datetime) -> None:
    """Switch a channel on again: what waits for it goes out, or is stale."""
    Channel.objects.filter(pk=channel.pk).update(enabled=True, disabled_reason="", failures=0, paused_until=None)
    resolve_alert(key_of(channel), at=at)


def key_of(channel: Channel) -> str:
    """The key of the alert about this channel."""
    return f"channel:{channel.pk}"


def _alarm(channel: Channel, trouble: str, reason: str, at: datetime) -> None:
    raise_alert(
        tier=Tier.BLOCK,
        key=key_of(channel),
        new=1,
        title=f"The alert channel {channel} {trouble}",
        facts={"items": [reason]},
        link=absolute(reverse("admin:alerts_channel_change", args=[channel.pk])),
        at=at,
    )

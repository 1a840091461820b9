"""Everything that rulings and sending look at, read once for any number of alerts."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.conf import settings

from accounts.models import Organisation
from alerts.choices import ChannelKind, Tier
from alerts.hours import Hours
from alerts.models import AlertPolicy, AlertSettings, Channel, Holiday, Route, Silence


@dataclass
class Desk:
    """The tenant's policies, channels, routes, silences and hours at one moment."""

    at: datetime
    policies: dict[str, AlertPolicy]
    channels: list[Channel]
    routes: list[Route]
    silences: list[Silence]

    @classmethod
    def at_this(cls, at: datetime) -> Self:
        """Read it. Four queries, whatever there is, and three more where business hours matter."""
        return cls(
            at=at,
            policies=AlertPolicy.objects.in_bulk(),
            channels=list(Channel.objects.all()),
            routes=list(Route.objects.all()),
            silences=list(Silence.objects.active(at)),
        )

    @cached_property
    def hours(self) -> Hours:
        """The organisation's business hours and the holidays."""
        return hours()

    @cached_property
    def emergency(self) -> bool:
        """Whether everything passes."""
        return AlertSettings.current().emergency(self.at)

    def policy(self, tier: str) -> AlertPolicy:
        """The tier's policy; one without channels where it was deleted."""
        return self.policies.get(tier) or AlertPolicy(tier=Tier(tier))

    def silence(self, *, tier: str, key: str, facts: dict[str, Any]) -> Silence | None:
        """The silence that mutes such an alert longest."""
        matching = [silence for silence in self.silences if silence.matches(tier=tier, key=key, facts=facts)]
        return max(matching, key=lambda silence: silence.until, default=None)

    def names_for(self, tier: str, facts: dict[str, Any]) -> list[str]:
        """The channels, as policies name them, that hear of such an alert; those of the first route that fits."""
        names = list(self.policy(tier).channels)
        route = next((route for route in self.routes if route.fits(tier, facts)), None)
        if route is not None:
            names = [*route.channels, *([] if route.instead else names)]
        return list(dict.fromkeys(names))

    def channels_named(self, name: str) -> list[Channel]:
        """The channels that a policy's name means, switched off ones included.

        ``slack`` means every general channel of the kind, ``slack:releases`` the one of this name. ``email:managers``
        goes through the channel that single persons are written to through: once, however many others there are.
        """
        kind, _, own = (f"{ChannelKind.EMAIL}:{PEOPLE}" if name == MANAGERS else name).partition(":")
        of_kind = [channel for channel in self.channels if channel.kind == kind and can_send(kind)]
        if own:
            return [channel for channel in of_kind if channel.name == own]
        return [channel for channel in of_kind if channel.general]

    def in_app(self) -> list[Channel]:
        """The console itself: it hears of everything that is sent, whatever a policy names."""
        return [channel for channel in self.channels if channel.kind == ChannelKind.IN_APP and channel.enabled]

    def not_before(self, *, quiet: bool) -> datetime:
        """When a message may go out: now, or when business hours begin."""
        return self.hours.next_opening(self.at) if quiet and not self.emergency else self.at


MANAGERS = "email:managers"
"""The organisation's managers, by email."""
PEOPLE = "people"
"""The email channel that single persons are written to through. Every schema has it."""
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
"""What Django sends through where ``EMAIL_URL`` names no server."""


def can_send(kind: str) -> bool:
    """Whether the installation has what channels of this kind go through: a mail server, for email."""
    return kind != ChannelKind.EMAIL or settings.EMAIL_BACKEND != NO_MAIL


def hours() -> Hours:
    """The organisation's business hours and the holidays."""
    organisation = Organisation.current()
    return Hours(
        zone=organisation.zone,
        opens=organisation.opens,
        closes=organisation.closes,
        holidays=frozenset(Holiday.objects.values_list("day", flat=True)),
    )

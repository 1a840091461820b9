"""What every channel is: given where to and what, it sends, or says why it could not. It knows no tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID

from alerts.messages import Message


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to: one configured channel, its secrets readable."""

    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What: one message to one recipient."""

    id: UUID
    """The same however often it is tried: what providers and recipients tell repetitions by."""
    message: Message
    recipient: str = ""
    alert: str = ""
    """The alert's id, where it is about one."""
    acknowledge: str = ""
    """A link for this recipient, where there is something to acknowledge."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """It was taken."""

    reference: str = ""
    """What the provider calls it."""
    delivered: bool = False
    """Known to have arrived, not only to have been taken."""


class SendError(Exception):
    """It was not taken.

    Args:
        message: why, in the provider's words; never a secret.
        permanent: trying again cannot help.
        channel: it is the channel that is wrong, not this message: nothing else would be taken either.
        wait: the provider wants us to wait this long.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, channel: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.permanent, self.channel, self.wait = message, permanent, channel, wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value that an admin enters for a channel."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    secret: bool = False
    """Encrypted at rest, shown masked, kept when the form leaves it empty."""
    many: bool = False
    """A list, one a line."""


class Transport(Protocol):
    """One kind of channel."""

    entries: ClassVar[Sequence[Entry]]
    interval: ClassVar[timedelta]
    """The least time between two messages to one channel."""
    bundle: ClassVar[int]
    """How many messages of one occasion fit into one; 1 where each goes out by itself."""

    def check(self, destination: Destination) -> None:
        """Refuse what can never work, before it is saved.

        Raises:
            core.errors.Invalid: names the entry.
        """

    def send(self, destination: Destination, packets: Sequence[Packet]) -> Receipt:
        """Send: one packet, or a bundle for one recipient, in one message.

        Raises:
            SendError: it was not taken.
        """

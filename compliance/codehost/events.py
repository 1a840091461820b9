"""What a webhook says, whichever host sent it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from compliance.choices import PullState
from compliance.markers import cut_description
from core.errors import Invalid

MAX_NUMBER = 2**31 - 1
MAX_TEXT = 1000
_SPELT_WITH_ZONE = "%Y-%m-%d %H:%M:%S %Z"


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What a webhook says of its repository."""

    name: str
    """``owner/name``, or deeper."""
    default_branch: str
    web_url: str


@dataclass(frozen=True, slots=True)
class PullEvent:
    """A pull or merge request as it was when the event was made."""

    repository: RepositoryFacts
    number: int
    state: PullState
    title: str
    description: str
    author: str
    """Empty where the host does not say."""
    branch: str
    base_branch: str
    url: str
    head_sha: str
    replaced_sha: str
    """The head that this one took the place of; empty where the event is of something else."""
    updated_at: datetime
    """The host's time: events are ordered by it."""


@dataclass(frozen=True, slots=True)
class MergeGroupEvent:
    """A merge queue asks for a verdict on a commit of its own, or needs it no more."""

    repository: RepositoryFacts
    number: int
    """The pull request that the commit adds to those before it."""
    head_sha: str
    base_branch: str
    wanted: bool


Event = PullEvent | MergeGroupEvent


class Payload:
    """A JSON object read strictly: what is missing or of another kind is refused by its path."""

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise unreadable(path or "body", "an object")
        self._value, self._path = value, path

    def inner(self, name: str) -> "Payload":
        """The object of this name."""
        return Payload(self._value.get(name), self._at(name))

    def has(self, name: str) -> bool:
        """Whether there is an object of this name."""
        return isinstance(self._value.get(name), Mapping)

    def text(self, name: str, *, needed: bool = False, limit: int = MAX_TEXT) -> str:
        """The text of this name without NUL, cut; empty where it is null or missing, unless it is needed."""
        value = self._value.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value):
            raise unreadable(self._at(name), "a text")
        return value.replace("\0", "")[:limit]

    def description(self, name: str) -> str:
        """The long text of this name."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, str):
            raise unreadable(self._at(name), "a text")
        return cut_description(value or "")

    def number(self, name: str) -> int:
        """The number of a pull request."""
        value = self._value.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_NUMBER:
            raise unreadable(self._at(name), f"a number from 1 to {MAX_NUMBER}")
        return value

    def flag(self, name: str) -> bool:
        """True where it says true."""
        return self._value.get(name) is True

    def moment(self, name: str) -> datetime:
        """A time with its zone, as ISO 8601 or as older GitLabs spell it (``2026-11-23 09:00:00 UTC``)."""
        text = self.text(name, needed=True)
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            try:
                read = datetime.strptime(text, _SPELT_WITH_ZONE).replace(tzinfo=UTC)
            except ValueError as error:
                raise unreadable(self._at(name), "a time") from error
        return read if read.tzinfo else read.replace(tzinfo=UTC)

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def unreadable(path: str, expected: str) -> Invalid:
    """The refusal of a payload that is not as the host's documentation has it."""
    return Invalid("invalid", f"Not valid: {path}.", errors={path: [f"Expected {expected}."]})

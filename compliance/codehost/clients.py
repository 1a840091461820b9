"""What we ask of a code host's API, whichever it is, and how it says no."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Protocol

from compliance.choices import HostKind

CONTEXT = "forge/compliance"
"""The name that our commit status goes by."""
MAX_DESCRIPTION = 140
_COMMIT = re.compile(r"\A[0-9a-f]{7,64}\Z")
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(hours=2)
_UNTOLD = timedelta(minutes=1)
"""How long to wait where the host limits us and does not say for how long."""


class State(StrEnum):
    """Of a commit: every host has words of its own for these."""

    PENDING = "pending"
    """Nothing is judged yet, and nothing is on its way."""
    RUNNING = "running"
    """A report waits to be judged."""
    SUCCESS = "success"
    FAILURE = "failure"


class HostError(Exception):
    """The host did not do what we asked.

    Args:
        message: for the admin.
        permanent: asking again cannot help; somebody has to mend something.
        wait: the host wants to be left alone so long.
        missing: what was asked for is not there.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, wait: timedelta | None = None, missing: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.permanent, self.wait, self.missing = message, permanent, wait, missing


class HostClient(Protocol):
    """One code host, signed in. Everything raises ``HostError``."""

    def set_status(self, repository: str, commit: str, state: State, description: str, address: str) -> None:
        """Set our status of a commit."""

    def find_comment(self, repository: str, number: int, marker: str) -> str:
        """The id of our comment, known by a marker that nobody else can know; empty where there is none."""

    def write_comment(self, repository: str, number: int, body: str, comment_id: str) -> str:
        """Update our comment, or write one where ``comment_id`` is empty or gone. Returns its id."""

    def signed_in_as(self) -> str:
        """Whose token it is."""


def client_of(kind: str, *, base_url: str, token: str) -> HostClient:
    """The client of a code host of this kind (``HostKind``)."""
    # The libraries take a quarter of a second to import, and most processes never need them.
    from compliance.codehost.github import GitHubClient
    from compliance.codehost.gitlab import GitLabClient

    return GitHubClient(base_url, token) if kind == HostKind.GITHUB else GitLabClient(base_url, token)


def check_commit(commit: str) -> str:
    """The commit, which is a part of addresses.

    Raises:
        HostError: a report has named something that is no commit's hash.
    """
    if not _COMMIT.match(commit):
        raise HostError(f"{commit[:80]!r} is no commit's hash.", permanent=True)
    return commit


def check_repository(name: str) -> str:
    """The repository's name, which is a part of addresses.

    Raises:
        HostError: it is a path to somewhere else.
    """
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise HostError(f"{name[:80]!r} is no repository's name.", permanent=True)
    return name


def field_of(answer: Any, name: str) -> str:
    """A field of an answer, as text.

    Raises:
        HostError: the answer has none: whoever answers is no such code host.
    """
    if not isinstance(answer, dict) or name not in answer:
        raise HostError(f"The answer has no {name}: is the API address right?", permanent=True)
    return str(answer[name])


def rows_of(answer: Any) -> list[dict[str, Any]]:
    """The objects of a list.

    Raises:
        HostError: it is none.
    """
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise HostError("The answer is no list: is the API address right?", permanent=True)
    return answer


def error_of(status: int, message: str, headers: Mapping[str, str], *, at: datetime) -> HostError:
    """What an answer of this status means.

    Args:
        headers: with names in lower case.
        at: now, from which waits are counted.
    """
    said = f"{status}: {' '.join(str(message).split())[:300] or 'no message'}"
    if status == 429 or (status == 403 and _is_limited(message, headers)):
        return HostError(said, wait=wait_of(headers, at=at))
    return HostError(said, permanent=status < 500 and status not in (408, 409), missing=status in (404, 410))


def wait_of(headers: Mapping[str, str], *, at: datetime) -> timedelta:
    """How long a host that limits us wants us to wait: as it says, a minute where it does not."""
    wait = _retry_after(headers.get("retry-after", ""), at)
    if wait is None and (headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining")) == "0":
        reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
        wait = datetime.fromtimestamp(int(reset), UTC) - at if reset.isdecimal() and len(reset) < 12 else None
    return min(max(_UNTOLD if wait is None else wait, _SHORTEST), _LONGEST)


def _is_limited(message: str, headers: Mapping[str, str]) -> bool:
    """GitHub refuses with 403 as well where it limits; other 403s are for want of rights."""
    spent = headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in headers or "rate limit" in str(message).lower()


def _retry_after(text: str, at: datetime) -> timedelta | None:
    if text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), int(_LONGEST.total_seconds())))
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - at

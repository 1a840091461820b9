"""A report as it was accepted: the envelope of a CI result. Pure."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

_LEVEL = 1  # fast; a stored report is read once


@dataclass(frozen=True, slots=True)
class Report:
    """One CI result. ``results`` is as the format writes it; everything else is checked."""

    repository: str
    commit_sha: str
    run_id: str
    format: str
    results: Any
    source: str
    scope: str
    pr_number: int | None = None
    branch: str = ""
    base_branch: str = ""
    title: str = ""
    author: str = ""
    url: str = ""
    run_url: str = ""
    run_started_at: datetime | None = None
    opa_version: str = ""
    policy_revision: str = ""
    reward_score: float | None = None
    changed_files: tuple[str, ...] = ()
    description: str | None = None
    """The pull request's; None where the report does not say."""

    def packed(self) -> bytes:
        """The report as the inbox keeps it: JSON, compressed."""
        return zlib.compress(orjson.dumps({name: getattr(self, name) for name in self.__slots__}), _LEVEL)

    @classmethod
    def unpacked(cls, payload: bytes) -> Self:
        """Read back what ``packed`` made."""
        fields = orjson.loads(zlib.decompress(payload))
        started = fields["run_started_at"]
        fields["run_started_at"] = datetime.fromisoformat(started) if started else None
        fields["changed_files"] = tuple(fields["changed_files"])
        return cls(**fields)

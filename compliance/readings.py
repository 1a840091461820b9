"""The shapes between a document and the database: what was read, and what it comes to. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class RawFinding(NamedTuple):
    """One entry of a document as it stands there, before the catalogue has spoken."""

    package: str
    """Policy package, Conftest namespace or SARIF driver; empty for checks."""
    kind: str
    """The set it stands in: ``deny``, ``override``, ``warn``, or empty where the format has no sets."""
    message: str
    rule: str = ""
    """As the document names it; empty when the message must tell."""
    severity: str = ""
    """A ``Severity`` that the entry states in a field of its own, else empty."""
    file: str = ""
    line: int | None = None
    context: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, read: what it speaks about and what it found."""

    packages: frozenset[str] = frozenset()
    """Packages spoken about (OPA, Conftest)."""
    rules: frozenset[str] = frozenset()
    """Rules listed, as the document names them (SARIF, checks)."""
    raw: list[RawFinding] = field(default_factory=list)


class Finding(NamedTuple):
    """One violation that a report claims: attributed, placed and identified."""

    fingerprint: str
    """32 hexadecimal digits. Ten thousand of them are made and compared in no time, which UUID objects are not."""
    rule: str
    severity: str
    package: str
    file_path: str
    line: int | None
    message: str
    context: Mapping[str, Any]

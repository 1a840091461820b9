"""Prometheus' text format. Pure.

Written by hand: the figures are stored ones of all tenants and processes, so that a registry of this process has
nothing to add, and a scrape of a hundred tenants is twenty thousand lines.
"""

from collections.abc import Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def labels(**values: str) -> str:
    """Labels as they stand in a line: ``tenant="acme",rule="R01"``."""
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in values.items())


class Exposition:
    """Collects samples by family, in whatever order they come: the format wants each family in one piece."""

    def __init__(self, families: Mapping[str, tuple[str, str]]) -> None:
        """Args: families: name → type and help. What has no samples is left out; what is not named is a mistake."""
        self._families = families
        self._lines: dict[str, list[str]] = {name: [] for name in families}

    def add(self, family: str, value: float | None, labelled: str = "", *, suffix: str = "") -> None:
        """One sample; None is unknown, and not told."""
        if value is not None:
            self._lines[family].append(f"{family}{suffix}{{{labelled}}} {value}")

    def include(self, pieces: Mapping[str, str]) -> None:
        """Lines that another one has collected; families that this release has no longer are left out."""
        for family, lines in pieces.items():
            if family in self._lines:
                self._lines[family].append(lines)

    def pieces(self) -> dict[str, str]:
        """Family → its lines, to be included elsewhere."""
        return {name: "\n".join(lines) for name, lines in self._lines.items() if lines}

    def text(self) -> str:
        """All of it."""
        parts = []
        for name, lines in self._lines.items():
            if lines:
                kind, about = self._families[name]
                parts.append(f"# HELP {name} {about}\n# TYPE {name} {kind}")
                parts.extend(lines)
        return "\n".join(parts) + "\n"

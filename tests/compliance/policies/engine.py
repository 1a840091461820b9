"""What the pack says about a change, for tests."""

from typing import Any

from compliance.evaluation.engine import evaluate

Document = dict[str, Any]
SETS = ("deny", "override", "warn")

__all__ = ["Document", "evaluate", "findings"]


def findings(document: Document, package: str | None = None) -> list[dict[str, Any]]:
    """What the pack, or one of its packages, found, in the order of files and lines."""
    packages = [document[package]] if package else list(document.values())
    found = [finding for policy in packages for kind in SETS for finding in policy[kind]]
    return sorted(found, key=lambda finding: (finding["file"], finding["line"], finding["rule"]))

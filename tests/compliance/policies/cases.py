"""The cases beside the rules: small changes, and what the pack has to say about them.

``compliance/policies/cases/R01.toml`` holds a ``[[case]]`` each:

    trigger   the words of the reference's catalogue that the case is about
    expect    violation: a finding of the rule at ``line`` (or ``lines``), and none of another rule of the same policy
              but those in ``also``; near_miss: none of the rule; marker: a finding that the description excuses
    name      what the change does
    path, added, context, context_after, removed, status, start: the file, see ``changed_file``
    files     further files, each with the same keys
    pr_title, pr_body, author
    data, input  further top-level keys of either
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compliance.catalogue import CATALOGUE

POLICIES = Path(__file__).parents[3] / "compliance" / "policies"
EXPECTATIONS = ("violation", "near_miss", "marker")


@dataclass(frozen=True, slots=True)
class Case:
    """One change, and what the rule makes of it."""

    rule: str
    trigger: str
    expect: str
    name: str
    fields: dict[str, Any] = field(repr=False, hash=False)

    @property
    def id(self) -> str:
        """How a test run names it."""
        return f"{self.rule}-{self.expect}-{self.name}"

    @property
    def lines(self) -> list[int]:
        """Where the findings stand, in order."""
        return sorted(self.fields.get("lines") or [self.fields["line"]])

    @property
    def also(self) -> set[str]:
        """Other rules of the policy that rightly speak about the same change."""
        return set(self.fields.get("also", ()))

    def input(self) -> dict[str, Any]:
        """What the pack is asked about."""
        changed = [changed_file(self.fields)] if "path" in self.fields else []
        return {
            "changed_files": changed + [changed_file(file) for file in self.fields.get("files", ())],
            "pr_title": self.fields.get("pr_title", "Add what was asked for"),
            "pr_body": self.fields.get("pr_body", ""),
            "pr_number": 7,
            "author": self.fields.get("author", "kim"),
            **self.fields.get("input", {}),
        }


def cases() -> Iterator[Case]:
    """All cases of all rules that have some, in the order of the rules.

    Raises:
        KeyError: a case lacks its trigger, expectation or name.
    """
    for rule in CATALOGUE:
        path = POLICIES / "cases" / f"{rule.id}.toml"
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["case"] if path.exists() else ():
            yield Case(rule.id, entry["trigger"], entry["expect"], entry["name"], entry)


def changed_file(entry: dict[str, Any]) -> dict[str, Any]:
    """A changed file as the input holds it, with the unified diff that git would show.

    ``context``, ``removed``, ``added`` and ``context_after`` follow each other in one hunk from line ``start``. A file
    is new (``status`` added) unless it has a context or lines removed.
    """
    before, after = rows(entry, "context"), rows(entry, "context_after")
    removed, added = rows(entry, "removed"), rows(entry, "added")
    status = entry.get("status") or ("modified" if before or after or removed else "added")
    return {
        "path": entry["path"],
        "status": status,
        "additions": len(added),
        "deletions": len(removed),
        "diff": entry.get("diff", hunk(status, entry.get("start", 1), before, removed, added, after)),
    }


def rows(entry: dict[str, Any], key: str) -> list[str]:
    return str(entry.get(key, "")).strip("\n").split("\n") if entry.get(key) else []


def hunk(status: str, start: int, before: list[str], removed: list[str], added: list[str], after: list[str]) -> str:
    old, new = len(before) + len(removed) + len(after), len(before) + len(added) + len(after)
    head = f"@@ -0,0 +1,{new} @@" if status == "added" else f"@@ -{start},{old} +{start},{new} @@"
    lines = [f" {row}" for row in before] + [f"-{row}" for row in removed] + [f"+{row}" for row in added]
    return "\n".join([head, *lines, *(f" {row}" for row in after)]) + "\n" if old + new else ""

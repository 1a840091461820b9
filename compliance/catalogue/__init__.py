"""The rules that ship with the product, and the stand-in for messages that name none of them.

``rules.toml`` is the place to edit; ``sync_rules`` brings it into a tenant, who may then tune its own copy.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from compliance.choices import UNATTRIBUTED, Severity


@dataclass(frozen=True, slots=True)
class CatalogueRule:
    """One rule as it ships: facts that the policies share, and texts for the person who has to act."""

    id: str
    name: str
    tier: Severity
    category: str
    rule_file: str
    """Where an organisation keeps the rule's full text."""
    packages: tuple[str, ...]
    """The policy packages that evaluate it, aliases included."""
    override_marker: str
    """What an author may write as ``@override:<marker>``; empty where nothing has to be overridden."""
    policy: str
    """The Rego file that checks it."""
    description: str
    remediation: str


def _load() -> tuple[CatalogueRule, ...]:
    document = tomllib.loads(files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    return tuple(_rule(entry) for entry in document["rules"])


def _rule(entry: dict[str, Any]) -> CatalogueRule:
    return CatalogueRule(
        **{
            "override_marker": "",
            **entry,
            "tier": Severity(entry["tier"]),
            "packages": tuple(entry["packages"]),
            # A text is wrapped in the file for its editor; its reader's window wraps it anew.
            "description": " ".join(entry["description"].split()),
            "remediation": " ".join(entry["remediation"].split()),
        }
    )


CATALOGUE = _load()
"""R01 to R25, in order."""

UNATTRIBUTED_RULE = CatalogueRule(
    id=UNATTRIBUTED,
    name="Without a known rule",
    tier=Severity.BLOCK,
    category="Unattributed",
    rule_file="",
    packages=(),
    override_marker="",
    policy="",
    description=(
        "Findings whose message names no rule of the catalogue. They count like any other, so that nothing a "
        "policy says is lost."
    ),
    remediation=(
        "Read the message and mend what it describes; its package tells which policy it comes from. Then let the "
        "policy name its rule, as [Domain/R07] in the message or as rule in an object. If the rule is one of your "
        "own, add it to the catalogue first: the next report finds it there."
    ),
)
"""Always enforced, and not one of the rules."""

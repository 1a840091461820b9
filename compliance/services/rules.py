"""The catalogue in a tenant's schema."""

from django.db import transaction

from compliance.catalogue import CATALOGUE, UNATTRIBUTED_RULE
from compliance.catalogue.agreement import disagreements
from compliance.evaluation.annotations import annotated_rules
from compliance.evaluation.pack import Pack, own_pack
from compliance.models import Rule, Version
from core.errors import Conflict


@transaction.atomic
def sync_rules(*, pack: Pack | None = None) -> int:
    """Bring the tenant's rules up to the catalogue; what the tenant has edited stays. Returns how many changed.

    Args:
        pack: the policies that ship with the catalogue.

    Raises:
        Conflict: the catalogue and the policies that ship with it speak of different rules.
    """
    _check_policies(pack or own_pack())
    stored = Rule.objects.in_bulk()
    changed = 0
    for entry in (*CATALOGUE, UNATTRIBUTED_RULE):
        facts = {
            "name": entry.name,
            "description": entry.description,
            "tier": entry.tier,
            "category": entry.category,
            "rule_file": entry.rule_file,
            "policy": entry.policy,
            "override_marker": entry.override_marker,
            "packages": list(entry.packages),
            "remediation": entry.remediation,
        }
        rule = stored.get(entry.id) or Rule(id=entry.id)
        differing = {
            name: value for name, value in facts.items() if name not in rule.edited and getattr(rule, name) != value
        }
        if not differing and not rule._state.adding:
            continue
        for name, value in differing.items():
            setattr(rule, name, value)
        rule.save()
        changed += 1
    if changed:
        Version.bump("rules")
    return changed


def _check_policies(pack: Pack) -> None:
    if wrong := disagreements(CATALOGUE, annotated_rules(pack)):
        raise Conflict("catalogue_and_policies_differ", " ".join(wrong))

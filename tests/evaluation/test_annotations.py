"""The policies know which rules they check; the catalogue says the same."""

from dataclasses import replace

import pytest

from compliance.catalogue import CATALOGUE
from compliance.catalogue.agreement import disagreements
from compliance.choices import Severity
from compliance.evaluation.annotations import AnnotatedRule, annotated_rules
from compliance.evaluation.engine import evaluate
from compliance.evaluation.pack import Pack, own_pack
from compliance.services.rules import sync_rules
from core.errors import Conflict, Invalid

POLICY = """\
# Licence
#
# METADATA
# title: Error handling
# custom:
#   rules:
#     - id: R07
#       name: Error Handling
#       tier: OVERRIDE
#       category: Error Resilience
#       override_marker: error-handling
package compliance.error_handling

import rego.v1

# METADATA
# title: Something further down
deny := set()
"""
R07 = AnnotatedRule(
    id="R07",
    name="Error Handling",
    tier="OVERRIDE",
    category="Error Resilience",
    override_marker="error-handling",
    policy="error-handling.rego",
    package="error_handling",
)


def annotated(source: str) -> list[AnnotatedRule]:
    return annotated_rules(Pack({"error-handling.rego": source, "lib/a.rego": "package forge.a\n"}, ""))


def test_a_policy_says_which_rules_it_checks() -> None:
    assert annotated(POLICY) == [R07]


def test_a_part_of_a_policy_names_the_whole() -> None:
    assert annotated(POLICY.replace("rules:", "policy: errors.rego\n#   rules:")) == [
        R07._replace(policy="errors.rego")
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (POLICY.replace("# METADATA\n# title: Error", "# title: Error"), "has no # METADATA block over its package"),
        (POLICY.replace("# custom:", "# custom: ["), "is no YAML"),
        (POLICY.replace("rules:", "other:"), "names no rules"),
        (POLICY.replace("#       tier: OVERRIDE\n", ""), "must name category, id, name, tier of each of its rules"),
        (POLICY.replace("name: Error Handling", "name: 7"), "must name category, id, name, tier of each of its rules"),
        (POLICY.replace("override_marker", "marker"), "must name category, id, name, tier of each of its rules"),
    ],
)
def test_a_policy_that_does_not_say_is_named(source: str, complaint: str) -> None:
    with pytest.raises(Invalid) as refused:
        annotated(source)
    assert refused.value.message.startswith("error-handling.rego ")
    assert complaint in refused.value.message


def test_the_catalogue_and_the_policies_that_ship_agree() -> None:
    assert disagreements(CATALOGUE, annotated_rules(own_pack())) == []


def test_every_difference_is_named() -> None:
    rules = {rule.id: rule for rule in CATALOGUE}
    ours = [rules["R07"], replace(rules["R08"], tier=Severity.BLOCK), rules["R09"]]
    eighth = R07._replace(id="R08", name="Structured Logging", category="Observability", policy="observability.rego")
    eighth = eighth._replace(package="logs", override_marker="structured-logging")
    assert disagreements(ours, [R07, R07, eighth, R07._replace(id="R99")]) == [
        "R09 stands in no policy.",
        "R99 stands in a policy, but not in the catalogue.",
        "R07 stands in 2 policies.",
        "R08: tier is 'BLOCK' in the catalogue and 'OVERRIDE' in observability.rego.",
        "R08: observability.rego is package logs, the catalogue has observability.",
    ]


def test_rules_are_not_brought_to_a_tenant_where_the_policies_disagree(db: None) -> None:
    with pytest.raises(Conflict, match=r"R01 stands in no policy\. R02 stands in no policy\."):
        sync_rules(pack=Pack({}, "empty"))


def test_the_policies_grade_findings_as_the_catalogue_does() -> None:
    # Rego cannot read the catalogue, and says severity and marker once more.
    pack = own_pack()
    asking = "package compliance.asked\n\nimport data.forge.catalogue\n\nrules := catalogue.rules\n"
    stated = evaluate({}, pack=Pack({**pack.modules, "asked.rego": asking}, f"{pack.revision}, asked"))["asked"][
        "rules"
    ]
    assert stated == {
        rule.id: {"severity": rule.tier.value} | ({"marker": rule.override_marker} if rule.override_marker else {})
        for rule in CATALOGUE
    }

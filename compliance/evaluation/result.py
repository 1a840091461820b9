"""What an evaluation comes to, read as the console would read it: findings, score and verdict. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance import formats
from compliance.attribution import attribute
from compliance.catalogue import CATALOGUE, UNATTRIBUTED_RULE, CatalogueRule
from compliance.choices import Format, Severity
from compliance.readings import Finding
from compliance.score import Counts
from compliance.verdict import Judgement, Standing, Terms, judge

RULES: Mapping[str, CatalogueRule] = {rule.id: rule for rule in (*CATALOGUE, UNATTRIBUTED_RULE)}


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation, as the catalogue and the terms that tenants start with judge it."""

    findings: Sequence[Finding]
    """Gravest first, then by rule, file and line."""
    counts: Counts
    judgement: Judgement

    def by_rule(self) -> Iterator[tuple[Severity, CatalogueRule, list[Finding]]]:
        """Severity, rule and its findings of that severity, in order."""
        for severity in Severity:
            for rule in RULES.values():
                if found := [each for each in self.findings if (each.severity, each.rule) == (severity, rule.id)]:
                    yield severity, rule, found


def read_result(document: Mapping[str, Any], *, changed_files: Sequence[str], terms: Terms | None = None) -> Result:
    """Read the value of ``data.compliance``.

    Raises:
        Invalid: it is no such value, or speaks about no package.
    """
    reading = formats.read(Format.OPA, document)
    tiers = {rule.id: rule.tier.value for rule in CATALOGUE}
    found = attribute(reading, source=Format.OPA.value, tiers=tiers, changed_files=changed_files)
    counts = Counts.of(finding.severity for finding in found)
    named = {finding.rule for finding in found}
    missing = [
        rule.id
        for rule in CATALOGUE
        if rule.tier == Severity.BLOCK and rule.id not in named and not reading.packages.intersection(rule.packages)
    ]
    standing = Standing(judged=True, counts=counts, open_counts=counts, unevaluated=missing)
    return Result(sorted(found, key=_order), counts, judge(standing, terms or Terms()))


def _order(finding: Finding) -> tuple[int, str, str, int]:
    return list(Severity).index(Severity(finding.severity)), finding.rule, finding.file_path, finding.line or 0

"""From an accepted report to findings under the tenant's catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compliance import formats
from compliance.attribution import attribute, known_rule
from compliance.choices import UNATTRIBUTED, Enforcement
from compliance.models import Rule, RuleState
from compliance.places import normal
from compliance.readings import Finding, Reading
from compliance.reconcile import Coverage
from compliance.report import Report
from compliance.services.states import StateKey
from core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Parsed:
    """A report and what its results come to."""

    report: Report
    findings: list[Finding]
    evaluated: frozenset[StateKey]
    """Package and rule of everything that the report speaks about."""
    coverage: Coverage
    off: frozenset[str]
    """Rules that are switched off: nothing is recorded of them, and what was stays as it is."""

    @property
    def evaluated_rules(self) -> set[str]:
        """The rules among it."""
        return {rule for _, rule in self.evaluated}


def parse(report: Report, rules: Iterable[Rule]) -> Parsed:
    """Read the results: attribute each finding to its rule, and see what the report speaks about.

    Rules that are switched off are no part of it: what names them is not recorded.

    Raises:
        DomainError: the results cannot be read.
    """
    rules = list(rules)
    off = frozenset(rule.pk for rule in rules if rule.enforcement == Enforcement.OFF)
    tiers = {rule.pk: rule.tier for rule in rules if rule.pk != UNATTRIBUTED}
    reading = formats.read(report.format, report.results)
    found = attribute(reading, source=report.source, tiers=tiers, changed_files=report.changed_files)
    findings = [finding for finding in found if finding.rule not in off] if off else found
    listed = _listed(reading, tiers)
    by_package = {(package, rule.pk) for rule in rules for package in reading.packages.intersection(rule.packages)}
    named = {(finding.package, finding.rule) for finding in findings}
    return Parsed(
        off=off,
        report=report,
        findings=findings,
        evaluated=frozenset(key for key in by_package | named | {("", rule) for rule in listed} if key[1] not in off),
        coverage=Coverage(
            packages=reading.packages,
            rules=listed,
            scope=report.scope,
            changed_files=frozenset(normal(path) for path in report.changed_files),
        ),
    )


def check_speaks_about_a_rule(reading: Reading, *, source: str) -> None:
    """Refuse a report that finds nothing and whose packages no rule knows: it would pass everything unseen.

    Packages that the source has found something in before are spoken about, known or not: it may be fixed now.

    Raises:
        Invalid: the report speaks about no rule.
    """
    if reading.raw or reading.rules:
        return
    packages = sorted(reading.packages)
    known = Rule.objects.filter(packages__overlap=packages).exists()
    if not known and not RuleState.objects.filter(source=source, package__in=packages).exists():
        reason = f"No rule is evaluated by {', '.join(packages[:5])}."
        raise Invalid("nothing_evaluated", reason, errors={"results": [reason]})


def _listed(reading: Reading, tiers: Mapping[str, str]) -> frozenset[str]:
    """The rules that a SARIF log or a list of checks names, as the catalogue knows them."""
    return frozenset(known_rule(name, tiers)[0] or UNATTRIBUTED for name in reading.rules)

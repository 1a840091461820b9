"""What the page of a pull request makes of its violations."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from compliance.admin.labels import label_of
from compliance.admin.places import code_address
from compliance.choices import Severity, Status
from compliance.models import PullRequest, Rule, Violation
from compliance.services.standing import PullStanding
from core.admin_cells import page_url_of

SHOWN_VIOLATIONS = 200
_RANKS = Case(
    *(When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity)), output_field=IntegerField()
)
_NO_FILE = "No file"


def gravest_on(pull: PullRequest) -> list[Violation]:
    """The gravest live violations, one more than are shown. One query."""
    live = Violation.objects.live().filter(pull_request=pull).select_related("rule").defer("context")
    return list(live.order_by(_RANKS, "file_path", "line", "id")[: SHOWN_VIOLATIONS + 1])


def by_file(violations: Sequence[Violation], pull: PullRequest) -> list[dict[str, Any]]:
    """File by file, the one with the gravest violation first, line by line."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    ordered = sorted(violations, key=lambda one: (one.file_path, one.line or 0, one.pk))
    groups = [(path, list(group)) for path, group in groupby(ordered, key=lambda one: one.file_path)]
    groups.sort(key=lambda item: (min(ranks[Severity(one.severity)] for one in item[1]), item[0]))
    return [{"path": path or _NO_FILE, "rows": [_row(one, pull) for one in rows]} for path, rows in groups]


def remedies_of(violations: Sequence[Violation]) -> list[Rule]:
    """The rules among these that say how to mend what they find, each once."""
    rules = {one.rule_id: one.rule for one in violations if one.rule.remediation}
    return [rules[key] for key in sorted(rules)]


def steps_of(standing: PullStanding) -> list[dict[str, Any]]:
    """What would let it through: each remedy once, with how many reasons ask for it and the rules they name."""
    steps: dict[str, dict[str, Any]] = {}
    for named in [] if standing.can_merge else standing.reasons:
        if named.reason.remedy:
            step = steps.setdefault(named.reason.remedy, {"remedy": named.reason.remedy, "number": 0, "rules": []})
            step["number"] += 1
            step["rules"] += [rule for rule in named.reason.rules if rule not in step["rules"]]
    return list(steps.values())


def _row(violation: Violation, pull: PullRequest) -> dict[str, Any]:
    return {
        "violation": violation,
        "page": page_url_of(Violation, violation.pk),
        "rule_page": page_url_of(Rule, violation.rule_id),
        "severity": label_of(Severity(violation.severity)),
        "covered": label_of(Status.OVERRIDDEN) if violation.status == Status.OVERRIDDEN else None,
        "line": f"Line {violation.line}" if violation.line else "",
        "code_address": code_address(violation, pull.repository),
        "commit": violation.commit_sha[:12],
    }

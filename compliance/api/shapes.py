"""From what is known to what is answered: plain dictionaries, as ``compliance.api.answers`` describes them."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from compliance.api.links import page_of
from compliance.choices import Verdict
from compliance.models import PullRequest, Rule
from compliance.queries.markers import markers_on
from compliance.queries.pulls import RuleOnPull
from compliance.queries.rules import Pattern
from compliance.queries.tallies import Tally
from compliance.score import Counts
from compliance.services.standing import NamedReason, PullStanding
from compliance.trends import Figures

Shape = dict[str, Any]

_VIOLATION = (
    "id", "rule", "severity", "status", "resolution", "repository", "pr_number", "commit_sha", "author", "source",
    "package", "file_path", "line_number", "message", "context", "fingerprint", "first_seen", "last_seen",
    "resolved_at", "override_reason", "override_approved_by", "override_until",
)  # fmt: skip
_RULE = (
    "id", "name", "description", "tier", "category", "enforcement", "packages", "rule_file", "policy",
    "override_marker", "remediation",
)  # fmt: skip
_TREND = (
    "evaluations", "checks", "passes", "violations_new", "violations_returned", "violations_resolved",
    "violations_fixed", "violations_open", "violations_overridden",
)  # fmt: skip
_MAYBE_NONE = ("resolution", "file_path", "override_reason", "override_approved_by")


def violation_shape(row: Mapping[str, Any], *, url: str) -> Shape:
    """A violation; what it has not is null."""
    shape: Shape = {name: row[name] for name in _VIOLATION}
    shape.update((name, row[name] or None) for name in _MAYBE_NONE)
    shape["url"] = url
    return shape


def counts_shape(counts: Counts, open_counts: Counts) -> Shape:
    """Counters by severity."""
    return {
        **{f"{name}_count": number for name, number in counts._asdict().items()},
        **{f"open_{name}_count": number for name, number in open_counts._asdict().items()},
    }


def verdict_shape(pull: PullRequest, verdict: Verdict, threshold: int) -> Shape:
    """The verdict with the numbers that it stands on."""
    return {
        "verdict": verdict.value,
        "can_merge": verdict.can_merge,
        "score": pull.score,
        "open_score": pull.open_score,
        "threshold": threshold,
        **counts_shape(pull.counts, pull.open_counts),
    }


def pull_shape(pull: PullRequest, verdict: Verdict, threshold: int, *, url: str) -> Shape:
    """A pull request as lists show it."""
    return {
        "id": pull.pk,
        "repository": pull.repository.name,
        "pr_number": pull.number,
        "title": pull.title,
        "author": pull.author,
        "state": pull.state,
        "head_sha": pull.head_sha,
        **verdict_shape(pull, verdict, threshold),
        "reward_score": pull.reward_score,
        "last_checked": pull.last_checked,
        "url": url,
        "pull_request_url": pull.url,
    }


def pull_detail_shape(request: Request, standing: PullStanding, rules: list[RuleOnPull]) -> Shape:
    """A pull request with its reasons and rules."""
    pull = standing.pull
    url = page_of(request, "pullrequest", pull.pk)
    return {
        **pull_shape(pull, standing.verdict, standing.threshold, url=url),
        "override_markers": [marker._asdict() for marker in markers_on(pull)],
        "reasons": [reason_shape(named) for named in standing.reasons],
        "breakdown": [_rule_on_pull_shape(rule) for rule in rules],
    }


def reason_shape(named: NamedReason) -> Shape:
    """A reason, with the violation that it stands on where it is about one."""
    reason, violation = named.reason, named.violation
    return {
        "code": reason.code,
        "message": reason.message,
        "remedy": reason.remedy,
        "rule": reason.rules[0] if len(reason.rules) == 1 else None,
        "rules": list(reason.rules),
        "violation": violation.pk if violation else None,
        "file_path": (violation.file_path or None) if violation else None,
        "line_number": violation.line if violation else None,
    }


def rule_shape(rule: Rule, tally: Tally, *, url: str) -> Shape:
    """A rule as lists show it."""
    facts = {name: getattr(rule, name) for name in _RULE}
    return {**facts, "runbook_url": rule.runbook_url or None, **_tally_shape(tally), "url": url}


def pattern_shapes(patterns: list[Pattern]) -> list[Shape]:
    """Places and how often."""
    return [pattern._asdict() for pattern in patterns]


def _rule_on_pull_shape(rule: RuleOnPull) -> Shape:
    named = {name: value for name, value in rule._asdict().items() if name != "tally"}
    return {**named, **_tally_shape(rule.tally)}


def _tally_shape(tally: Tally) -> Shape:
    return {
        "colour": tally.colour.value,
        **counts_shape(tally.counts, tally.open_counts),
        "last_checked": tally.last_checked,
    }


def trend_shape(figures: Figures) -> Shape:
    """What a day or a week came to; rates and times are null where there was nothing to make them of."""
    return {
        **{name: getattr(figures, name) for name in _TREND},
        "compliance_rate": _rounded(figures.compliance_rate),
        "override_rate": _rounded(figures.override_rate),
        "mean_score": _rounded(figures.mean_score),
        "score_histogram": figures.score_histogram,
        "mean_hours_to_resolution": _rounded(figures.mean_hours),
        "p90_hours_to_resolution": _rounded(figures.hours_p90),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)

"""The first page of a tenant's console: what stands in the way just now."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from compliance.admin.filters import judged_as
from compliance.admin.labels import label_of, label_of_rule
from compliance.choices import Verdict
from compliance.models import PullRequest, Rule, Submission, Violation
from compliance.queries.pulls import with_current_verdict
from compliance.queries.rules import shown_rules
from compliance.services.lapses import judge_lapsed
from core.admin_cells import list_url, page_url, page_url_of
from core.claims import Claimable

_SHOWN = 10
_COUNTED = 1_000


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the first page's context what the person may read; people without a role find a sentence."""
    if not request.user.has_perm("compliance.view_pullrequest"):
        return context
    judge_lapsed(at=timezone.now())
    standing = [(rule, tally) for rule, tally in shown_rules() if any(tally.counts)]
    standing.sort(key=lambda pair: tuple(-count for count in pair[1].counts))
    return context | {
        "cards": _cards(standing),
        "stopped": _stopped_pulls(),
        "stopped_page": list_url(PullRequest, state__exact="open", verdict=Verdict.BLOCKED.value),
        "rules": [_violated(rule, tally) for rule, tally in standing[:_SHOWN]],
        "rules_page": reverse("admin:compliance_rule_changelist"),
    }


def _cards(standing: list[tuple[Rule, Any]]) -> list[dict[str, Any]]:
    pulls = PullRequest.objects.open()
    stopped = judged_as(with_current_verdict(pulls, at=timezone.now()), Verdict.BLOCKED)
    failed = Submission.objects.filter(status=Claimable.Status.FAILED)
    waiting = Submission.objects.waiting()
    live = sum(sum(tally.counts) for _, tally in standing)
    return [
        _card("Open pull requests", _count(pulls), list_url(PullRequest, state__exact="open")),
        _card("Blocked", _count(stopped), list_url(PullRequest, state__exact="open", verdict="BLOCKED"), "danger"),
        _card("Live violations", f"{live:,}", list_url(Violation, standing="live")),
        _card("Reports waiting", _count(waiting), list_url(Submission, status__exact="queued")),
        _card("Reports failed", _count(failed), list_url(Submission, status__exact="failed"), "danger"),
    ]


def _card(title: str, number: str, page: str, alarm: str = "") -> dict[str, Any]:
    return {"title": title, "number": number, "page": page, "alarm": alarm if number != "0" else ""}


def _count(rows: Any) -> str:
    """How many, as far as it is worth counting on a page that everybody opens."""
    number = rows.order_by()[: _COUNTED + 1].count()
    return f"{_COUNTED:,}+" if number > _COUNTED else f"{number:,}"


def _stopped_pulls() -> list[dict[str, Any]]:
    stopped = PullRequest.objects.open().filter(
        verdict__in=[Verdict.BLOCKED, Verdict.BELOW_THRESHOLD, Verdict.INCOMPLETE]
    )
    newest = with_current_verdict(stopped.select_related("repository"), at=timezone.now()).order_by("-id")[:_SHOWN]
    return [
        {"pull": pull, "page": page_url(pull), "verdict": label_of(Verdict(pull.current_verdict))}  # type: ignore[attr-defined]
        for pull in newest
    ]


def _violated(rule: Rule, tally: Any) -> dict[str, Any]:
    return {
        "rule": rule,
        "page": page_url_of(Rule, rule.pk),
        "state": label_of_rule(rule, tally.colour),
        "counts": tally.counts,
        "total": sum(tally.counts),
        "violations_page": list_url(Violation, rule__id__exact=rule.pk, standing="live"),
    }

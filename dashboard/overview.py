"""The first page of a tenant's console: whether anything is on fire, what waits for whoever looks, and where."""

from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from alerts.choices import AlertState
from alerts.models import Alert
from compliance.admin.labels import label_of
from compliance.choices import Verdict
from compliance.models import Evaluation, PullRequest, Submission, Violation
from compliance.queries.pulls import verdicts_and_scores, with_current_verdict
from compliance.queries.rules import shown_rules
from core.admin_cells import list_url, page_url
from dashboard import charts
from dashboard.charts import Chart, Series
from dashboard.pages import ConsolePage
from dashboard.rules_grid import Grid, grid_of
from dashboard.waiting import ENDING_DAYS, Waiting, waiting
from operations.admin_health import STATUSES
from operations.queries.health import summary
from overrides.choices import Standing
from overrides.models import OverrideRequest

_SHOWN = 8
_STEP = 10
STOPPED = (Verdict.BLOCKED, Verdict.BELOW_THRESHOLD, Verdict.INCOMPLETE)
_TONES = {
    Verdict.BLOCKED: "red",
    Verdict.BELOW_THRESHOLD: "orange",
    Verdict.INCOMPLETE: "yellow",
    Verdict.PENDING: "grey",
    Verdict.OVERRIDE_APPROVED: "violet",
    Verdict.PASS: "green",
}


class OverviewPage(ConsolePage):
    """In the place of Django's index of applications. Who has no role finds a sentence instead of a refusal."""

    title = gettext_lazy("Overview")
    permission = "compliance.view_violation"
    template = "admin/tenant_index.html"
    topics: ClassVar[tuple[str, ...]] = ("pulls", "rules", "violations", "overrides")

    @classmethod
    def state(cls, request: HttpRequest) -> object:
        """The versions, and what waits: reports and alerts have none."""
        return super().state(request), waiting(at=timezone.now())

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in whoever is signed in."""
        return View.dispatch(self, request, *args, **kwargs)

    def shown(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Six queries, whatever the tenant holds."""
        if not request.user.has_perm(self.permission):
            return {}
        at = timezone.now()
        tasks: Waiting = request.live_state[1]  # type: ignore[attr-defined]
        verdicts, scores = _distributions(at)
        grid = grid_of(shown_rules())
        blocked = verdicts[Verdict.BLOCKED]
        return {
            "as_of": at,
            "alarm": _alarm(blocked, tasks, grid),
            "cards": _cards(verdicts, grid, tasks),
            "tasks": _tasks(request, tasks),
            "grid": grid,
            "stopped": _stopped(at),
            "stopped_page": list_url(PullRequest, state__exact="open", verdict=Verdict.BLOCKED.value),
            "evaluations": _evaluations(),
            "health": _health(at) if request.user.has_perm("operations.view_sample") else None,
            "charts": {"verdicts": _verdicts(verdicts), "scores": _scores(scores)},
        }


def _distributions(at: datetime) -> tuple[Counter[Verdict], Counter[int]]:
    """Open pull requests and default branches by verdict, and by score in steps of ten. One query."""
    verdicts: Counter[Verdict] = Counter()
    scores: Counter[int] = Counter()
    for verdict, step, number in verdicts_and_scores(at=at, step=_STEP):
        verdicts[Verdict(verdict)] += number
        # A full score stands with those of 90 and more.
        scores[min(step, 100 // _STEP - 1)] += number
    return verdicts, scores


def _alarm(blocked: int, tasks: Waiting, grid: Grid) -> dict[str, Any]:
    """What somebody who has five seconds reads."""
    told = []
    if blocked:
        told.append(ngettext("{n} pull request is blocked", "{n} pull requests are blocked", blocked).format(n=blocked))
    if grid.red:
        told.append(ngettext("{n} rule blocks", "{n} rules block", grid.red).format(n=grid.red))
    if tasks.alerts:
        text = ngettext("{n} alert waits for somebody", "{n} alerts wait for somebody", tasks.alerts)
        told.append(text.format(n=tasks.alerts))
    if tasks.failed:
        text = ngettext("{n} report could not be judged", "{n} reports could not be judged", tasks.failed)
        told.append(text.format(n=tasks.failed))
    if blocked or grid.red:
        return {"variant": "danger", "icon": "error", "text": _("Action needed"), "told": told}
    if told:
        return {"variant": "warning", "icon": "warning", "text": _("Something waits"), "told": told}
    return {"variant": "success", "icon": "check_circle", "text": _("All quiet"), "told": [_("Nothing is blocked.")]}


def _cards(verdicts: Counter[Verdict], grid: Grid, tasks: Waiting) -> list[dict[str, Any]]:
    of_pulls = {"state__exact": "open"}
    return [
        _card(_("Open pull requests"), verdicts.total(), list_url(PullRequest, **of_pulls)),
        _card(_("Blocked"), verdicts[Verdict.BLOCKED], list_url(PullRequest, **of_pulls, verdict="BLOCKED"), "danger"),
        _card(_("Live violations"), grid.live, list_url(Violation, standing="live")),
        _card(_("Reports waiting"), tasks.reports, list_url(Submission, status__exact="queued")),
        _card(_("Reports failed"), tasks.failed, list_url(Submission, status__exact="failed"), "danger"),
    ]


def _card(title: str, number: int, page: str, alarm: str = "") -> dict[str, Any]:
    return {"title": title, "number": f"{number:,}", "page": page, "alarm": alarm if number else ""}


def _tasks(request: HttpRequest, found: Waiting) -> list[dict[str, Any]]:
    """What waits for this person; who may not decide is told of nothing to decide."""
    kinds = [
        (
            "overrides.decide_overriderequest",
            found.requests,
            ngettext("override to decide", "overrides to decide", found.requests),
            list_url(OverrideRequest, standing=Standing.PENDING.value),
        ),
        (
            "alerts.acknowledge_alert",
            found.alerts,
            ngettext("alert to acknowledge", "alerts to acknowledge", found.alerts),
            list_url(Alert, state__exact=AlertState.OPEN.value),
        ),
        (
            "overrides.view_overriderequest",
            found.ending,
            ngettext("override ends within a week", "overrides end within a week", found.ending),
            list_url(OverrideRequest, ends=str(ENDING_DAYS)),
        ),
    ]
    return [
        {"number": number, "text": text, "page": page}
        for permission, number, text, page in kinds
        if number and request.user.has_perm(permission)
    ]


def _stopped(at: datetime) -> list[dict[str, Any]]:
    """The newest that may not be merged."""
    pulls = PullRequest.objects.open().filter(verdict__in=STOPPED).select_related("repository")
    newest = with_current_verdict(pulls, at=at).defer("description").order_by("-id")[:_SHOWN]
    return [
        {"pull": pull, "page": page_url(pull), "verdict": label_of(Verdict(pull.current_verdict))}  # type: ignore[attr-defined]
        for pull in newest
    ]


def _health(at: datetime) -> dict[str, Any]:
    """How well the tenant is served, as last sampled."""
    known = summary(at=at)
    if known.status is None:
        label = {"text": _("Unknown"), "variant": "default"}
    else:
        label = {"text": known.status.value.capitalize(), "variant": STATUSES[known.status]}
    return {"summary": known, "label": label, "delivered": None if known.delivered is None else known.delivered * 100}


def _evaluations() -> list[dict[str, Any]]:
    """The last reports that were judged."""
    rows = Evaluation.objects.select_related("pull_request__repository").defer("fingerprints").order_by("-id")[:_SHOWN]
    return [
        {
            "evaluation": row,
            "page": page_url(row),
            "pull_page": page_url(row.pull_request),
            "verdict": label_of(Verdict(row.verdict)) if row.verdict else None,
        }
        for row in rows
    ]


def _verdicts(counted: Counter[Verdict]) -> Chart:
    labels, values = [str(verdict.label) for verdict in _TONES], [counted[verdict] for verdict in _TONES]
    series = Series(_("Pull requests"), values)
    return charts.histogram(_("Verdicts of open pull requests"), labels, series, tones=list(_TONES.values()))


def _scores(counted: Counter[int]) -> Chart:
    steps = range(100 // _STEP)
    labels = [f"{step * _STEP}–{100 if step == steps[-1] else step * _STEP + _STEP - 1}" for step in steps]
    series = Series(_("Pull requests"), [counted[step] for step in steps])
    tones = ["red" if step < 5 else "yellow" if step < 7 else "green" for step in steps]
    return charts.histogram(_("Scores of open pull requests"), labels, series, tones=tones)

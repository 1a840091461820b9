"""How compliance develops: over all, or in one repository."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.models import Repository, Rule
from compliance.queries.trends import Broken, Place, RepositoryFigures, broken_rules, repositories_between, series
from compliance.services.trends import TOPIC
from core.errors import NotFound
from dashboard.charts import Chart, Series, Table, heatmap
from dashboard.drawing import compliance_chart, flow_chart, hours_chart, open_chart, score_chart, scores_chart
from dashboard.pages import ConsolePage
from dashboard.spans import Span, pickers, span_of

_MOST = 10


class TrendsPage(ConsolePage):
    """Charts over a range of days, each with its table and file."""

    title = gettext_lazy("Trends")
    permission = "compliance.view_trend"
    template = "console/trends.html"
    topics = (TOPIC, "rules")

    def shown(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Nine charts."""
        span = span_of(request.GET, at=timezone.now())
        repositories = dict(Repository.objects.order_by("name").values_list("name", "pk"))
        chosen = request.GET.get("repository", "")
        if chosen and chosen not in repositories:
            raise NotFound("not_found", _("There is no such repository."))
        place = Place(repositories.get(chosen))
        counted = series(place, span.first, span.last)
        figures = span.put_together(counted)
        names = dict(Rule.objects.order_by("id").values_list("id", "name"))
        broken = broken_rules(span.first, span.last, repository=place.repository)
        return {
            "span": span,
            "pickers": pickers(span),
            "names": list(repositories),
            "repository": chosen,
            "counted": bool(counted),
            "charts": {
                "compliance": compliance_chart(figures, span),
                "score": score_chart(figures, span),
                "flow": flow_chart(figures, span),
                "open": open_chart(figures, span),
                "hours": hours_chart(figures, span),
                "scores": scores_chart(figures),
                "heatmap": _heatmap(broken, counted, span.coarse, names),
                **({} if chosen else {"repositories": _repositories(repositories_between(span.first, span.last))}),
            },
            "most": _most_common(broken, names),
        }


def _heatmap(broken: list[Broken], days: Iterable[date], span: Span, names: dict[str, str]) -> Chart:
    """Every rule that was broken, in order of its id, on every day."""
    counts: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for one in broken:
        counts[one.rule][span.under(one.date)] += one.violations
    columns = sorted({span.under(day) for day in days})
    rows = [Series(rule, [counts[rule][day] for day in columns]) for rule in names if rule in counts]
    return heatmap(_("New violations by rule"), span.labels(columns), rows)


def _most_common(broken: list[Broken], names: dict[str, str]) -> list[dict[str, Any]]:
    totals: Counter[str] = Counter()
    for one in broken:
        totals[one.rule] += one.violations
    return [
        {"rule": rule, "name": names.get(rule, ""), "number": number, "page": reverse("console:rule", args=[rule])}
        for rule, number in totals.most_common(_MOST)
    ]


def _repositories(found: list[RepositoryFigures]) -> Chart:
    """A table alone: a picture of fifty repositories shows nothing."""
    columns = [
        _("Repository"), _("Compliance rate"), _("Mean score"), _("New"), _("Resolved"), _("Open"), _("Overridden"),
        _("Mean hours to resolution"),
    ]  # fmt: skip
    rows = [
        [
            one.name,
            _shown(one.figures.compliance_rate),
            _shown(one.figures.mean_score),
            one.figures.violations_new,
            one.figures.violations_resolved,
            one.figures.violations_open,
            one.figures.violations_overridden,
            _shown(one.figures.mean_hours),
        ]
        for one in found
    ]
    return Chart(kind="table", title=_("By repository"), description="", table=Table(columns, rows))


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"

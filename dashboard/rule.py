"""One rule: what it asks for and why, where it is broken, and how it develops."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.admin.labels import ENFORCEMENTS, SEVERITIES, Label, label_of_rule
from compliance.choices import Enforcement, Severity
from compliance.models import Rule, Violation
from compliance.queries import rules
from compliance.queries.trends import Place, series
from compliance.services.trends import TOPIC
from compliance.trends import together
from core.admin_cells import list_url, page_url_of
from core.errors import NotFound
from dashboard.drawing import compliance_chart, flow_chart, hours_chart, open_chart
from dashboard.pages import ConsolePage
from dashboard.spans import pickers, span_of

_USUAL = 90


class RulePage(ConsolePage):
    """The same as ``GET rule/<id>``, with its days."""

    title = gettext_lazy("Rule")
    permission = "compliance.view_rule"
    template = "console/rule.html"
    topics = (TOPIC, "rules", "violations", "evaluations")

    def shown(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Facts, charts and patterns."""
        rule = Rule.objects.filter(pk=kwargs["rule_id"]).first()
        if rule is None:
            raise NotFound("not_found", _("There is no rule {rule}.").format(rule=kwargs["rule_id"]))
        span = span_of(request.GET, at=timezone.now(), usual=_USUAL)
        counted = series(Place(rule=rule.pk), span.first, span.last)
        figures, total = span.put_together(counted), together(counted.values())
        standing = rules.standing_of_rule(rule)
        return {
            "title": f"{rule.pk} {rule.name}",
            "rule": rule,
            "labels": [
                Label(str(Severity(rule.tier).label), SEVERITIES[Severity(rule.tier)]),
                Label(str(Enforcement(rule.enforcement).label), ENFORCEMENTS[Enforcement(rule.enforcement)]),
                label_of_rule(rule, standing.tally.colour),
            ],
            "tally": standing.tally,
            "live": sum(standing.tally.counts),
            "live_page": list_url(Violation, rule__id__exact=rule.pk, standing="live"),
            "edit_page": page_url_of(Rule, rule.pk) if request.user.has_perm("compliance.change_rule") else "",
            "what_if_page": f"{reverse('console:what-if')}?rule={rule.pk}",
            "span": span,
            "pickers": pickers(span),
            "mean_hours": rules.mean_hours_to_resolution(rule),
            "total": total,
            "charts": {
                "compliance": compliance_chart(figures, span),
                "flow": flow_chart(figures, span),
                "open": open_chart(figures, span),
                "hours": hours_chart(figures, span),
            },
            "patterns": [
                (_("Files"), _("with most live violations"), rules.top_files(rule)),
                (_("Repositories"), _("with most live violations"), standing.repositories),
                (_("Authors"), _("of the open pull requests with most"), standing.authors),
                (
                    _("Messages"),
                    _("among the newest findings"),
                    rules.common_messages(rule),
                ),
            ],
        }

"""``GET rules`` and ``GET rule/<id>``."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.answers import RuleDetailSerializer, RuleListSerializer
from compliance.api.etags import etagged
from compliance.api.links import page_of
from compliance.api.shapes import Shape, pattern_shapes, rule_shape
from compliance.models import Rule
from compliance.queries import rules
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint
from core.errors import NotFound


class RuleList(Endpoint):
    """``GET rules``."""

    permissions = {"GET": "compliance.view_rule"}

    @extend_schema(
        tags=["rules"],
        operation_id="list_rules",
        summary="List rules",
        parameters=[IF_NONE_MATCH],
        responses=answers(RuleListSerializer, conditional=True),
    )
    @etagged("rules")
    def get(self, request: Request) -> Response:
        """All rules with how they stand; UNATTRIBUTED only while there are messages without a known rule."""
        shown = [rule_shape(rule, tally, url=page_of(request, "rule", rule.pk)) for rule, tally in rules.shown_rules()]
        return Response({"next": None, "previous": None, "results": shown})


class RuleDetail(Endpoint):
    """``GET rule/<id>``."""

    permissions = {"GET": "compliance.view_rule"}

    @extend_schema(
        tags=["rules"],
        operation_id="read_rule",
        summary="Read a rule",
        parameters=[IF_NONE_MATCH],
        responses=answers(RuleDetailSerializer, 404, conditional=True),
    )
    @etagged("rules", "evaluations", "violations", "trends")
    def get(self, request: Request, rule_id: str) -> Response:
        """One rule: where it is violated most, its last outcomes, and how long a fix takes."""
        rule = Rule.objects.filter(pk=rule_id).first()
        if rule is None:
            raise NotFound("not_found", f"There is no rule {rule_id}.")
        standing = rules.standing_of_rule(rule)
        return Response(
            {
                **rule_shape(rule, standing.tally, url=page_of(request, "rule", rule.pk)),
                "mean_hours_to_resolution": rules.mean_hours_to_resolution(rule),
                "history": _history(rule),
                "patterns": _patterns(rule, standing),
            }
        )


def _history(rule: Rule) -> list[Shape]:
    return [{**check, "evaluation": check.pop("evaluation_id")} for check in rules.recent_checks(rule)]


def _patterns(rule: Rule, standing: rules.RuleStanding) -> Shape:
    return {
        "files": pattern_shapes(rules.top_files(rule)),
        "repositories": pattern_shapes(standing.repositories),
        "authors": pattern_shapes(standing.authors),
        "messages": pattern_shapes(rules.common_messages(rule)),
    }

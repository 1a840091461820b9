"""``GET trends``."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organisation
from compliance.api.answers import TrendListSerializer
from compliance.api.etags import etagged
from compliance.api.shapes import Shape, trend_shape
from compliance.choices import Interval
from compliance.models import Repository, Rule
from compliance.queries.trends import Place, counted_days, series
from compliance.services.trends import TOPIC, readable_from, today_of
from compliance.trends import by_week, week_of
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint
from core.errors import Invalid

USUAL = timedelta(days=29)
"""Between the last day and the first, where only the last is named."""


class TrendQuery(serializers.Serializer[Any]):
    """The parameters of ``GET trends``."""

    to = serializers.DateField(required=False, help_text="The last day; today is the default.")
    rule = serializers.CharField(required=False, help_text="Rule id; over all rules without.")
    repository = serializers.CharField(required=False, help_text="Full name, owner/name; over all of them without.")
    interval = serializers.ChoiceField(
        choices=Interval.choices, default=Interval.DAY, help_text="Weeks are whole, and stand under their Monday."
    )

    def get_fields(self) -> Any:
        """``from`` is no name that a class can have."""
        first = serializers.DateField(required=False, help_text="The first day; 30 days are the default.")
        return {"from": first, **super().get_fields()}


class TrendList(Endpoint):
    """``GET trends``."""

    permissions = {"GET": "compliance.view_trend"}
    parameters = ("from", "to", "rule", "repository", "interval")

    @extend_schema(
        tags=["trends"],
        operation_id="list_trends",
        summary="Read trends",
        parameters=[TrendQuery, IF_NONE_MATCH],
        responses=answers(TrendListSerializer, conditional=True),
    )
    @etagged(TOPIC, "rules")
    def get(self, request: Request) -> Response:
        """What each day or week came to, oldest first; today's as of when it was last counted.

        Days that were not counted are missing. A day that is no longer kept is refused.
        """
        query = TrendQuery(data=request.query_params.dict())
        if not query.is_valid():
            raise Invalid("invalid", f"Not valid: {', '.join(query.errors)}.", errors=query.errors)
        asked: dict[str, Any] = query.validated_data
        first, last = _span(asked, at=timezone.now())
        place = Place(_repository(asked.get("repository")), _rule(asked.get("rule")))
        figures = series(place, first, last)
        if asked["interval"] == Interval.WEEK:
            figures = by_week(figures)
        of = {"rule": place.rule, "repository": asked.get("repository")}
        return Response(
            {
                "next": None,
                "previous": None,
                "from": first,
                "to": last,
                "interval": asked["interval"],
                "time_zone": Organisation.current().time_zone,
                "as_of": max(counted_days(first, last).values(), default=None),
                "results": [_result(day, of, trend_shape(counted)) for day, counted in figures.items()],
            }
        )


def _result(day: date, of: Shape, figures: Shape) -> Shape:
    return {"date": day, **of, **figures}


def _span(asked: dict[str, Any], *, at: datetime) -> tuple[date, date]:
    today, oldest = today_of(at), readable_from(at)
    last = min(asked.get("to", today), today)
    first: date = asked.get("from", max(last - USUAL, oldest))
    if first > asked.get("to", today):
        raise Invalid("invalid", f"{first} is after {last}.", errors={"from": [f"Not after {last}."]})
    if first < oldest:
        reason = f"Trends from before {oldest} are no longer kept."
        raise Invalid("behind_retention", reason, errors={"from": [f"Not before {oldest}."]})
    if asked["interval"] == Interval.WEEK:
        first = max(week_of(first), oldest)
        last = min(week_of(last) + timedelta(days=6), today)
    return first, last


def _repository(name: str | None) -> int | None:
    if name is None:
        return None
    key = Repository.objects.filter(name=name).values_list("pk", flat=True).first()
    if key is None:
        raise Invalid("invalid", f"There is no repository {name}.", errors={"repository": ["There is none."]})
    return key


def _rule(name: str | None) -> str | None:
    if name is not None and not Rule.objects.filter(pk=name).exists():
        raise Invalid("invalid", f"There is no rule {name}.", errors={"rule": ["There is none."]})
    return name

"""``GET export/<resource>.csv|json``: everything that a list's filters find, as one file that is streamed."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from alerts.api.serializers import AlertSerializer
from alerts.api.views import AlertList
from compliance.api.answers import PullListingSerializer, RuleSerializer, ViolationSerializer
from compliance.api.links import page_of
from compliance.api.pulls import PullList
from compliance.api.shapes import rule_shape
from compliance.api.violations import ViolationList
from compliance.queries.rules import shown_rules
from core.api.schema import problems
from core.api.views import Endpoint, Listing
from core.errors import NotFound
from core.exports import MEDIA, Row, csv_chunks, json_chunks
from dashboard.api.evaluations import EvaluationList, EvaluationSerializer
from dashboard.queries.rows import keyed_pages
from dashboard.services.exports import file_name, record_export
from overrides.api.bodies import OverrideSerializer
from overrides.api.views import OverrideCollection
from overrides.services.expiring import expire_for_reader
from tenants.current import connection

KINDS = ("csv", "json")
_FILE = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=KINDS, description="The file's format.")


class _AsTheAddressSays(BaseContentNegotiation):
    """The file's format stands in its address: whatever is accepted, a refusal is a problem document."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: Any = None) -> Any:
        """The first one, for refusals."""
        chosen = next(iter(renderers))
        return chosen, chosen.media_type

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Nothing is parsed."""
        return next(iter(parsers))


class Export(Endpoint):
    """A file of everything that may be listed."""

    http_method_names = ["get", "head"]
    content_negotiation_class = _AsTheAddressSays
    resource: ClassVar[str]
    row: ClassVar[type[Serializer[Any]]]
    """Its fields are the columns."""

    def pages_of(self, request: Request) -> Iterator[list[Row]]:
        """All rows, as the API answers them."""
        raise NotImplementedError

    def get(self, request: Request, kind: str = "") -> Any:
        """The file. Taking it along is recorded."""
        if kind not in KINDS:
            raise NotFound("not_found", f"Exports are {' and '.join(KINDS)}.")
        pages = self.pages_of(request)
        chunks = json_chunks(pages) if kind == "json" else csv_chunks(list(self.row().fields), pages)
        record_export(self.resource, by=cast(models.Model, request.user), kind=kind, filters=request.query_params)
        response = StreamingHttpResponse(chunks, content_type=MEDIA[kind])
        response["Content-Disposition"] = f'attachment; filename="{file_name(self.resource, kind)}"'
        response["Cache-Control"] = "private, no-store"
        return response


class ListingExport(Export, Listing):
    """Of a list that has pages. Stands before the list's own class, whose filters, rows and shapes it takes."""

    def known_parameters(self) -> dict[str, bool]:
        """The list's filters; there is one page."""
        known = super().known_parameters()
        return {name: often for name, often in known.items() if name not in ("cursor", "page_size")}

    def pages_of(self, request: Request) -> Iterator[list[Row]]:
        """Page by page."""
        found: QuerySet[Any] = self.filter_queryset(self.get_queryset())
        tenant = cast(Any, connection.tenant)
        return keyed_pages(
            found, ascending=_ascends(found), tenant=tenant, shaped=lambda rows: self.shaped(rows, request)
        )


def _ascends(found: QuerySet[Any]) -> bool:
    (name,) = found.query.order_by or ("-pk",)
    return not (name.descending if isinstance(name, OrderBy) else str(name).startswith("-"))


def _described(tag: str, name: str, what: str, *, filtered: bool = True) -> Any:
    described = extend_schema(
        tags=[tag],
        operation_id=f"export_{name}",
        summary=f"Take {what} along as a file",
        parameters=[_FILE],
        filters=filtered,
        responses={(200, media): OpenApiTypes.BINARY for media in ("text/csv", MEDIA["json"])}
        | problems(401, 403, 404, 422, 429),
    )
    return extend_schema_view(get=described)


@_described("violations", "violations", "violations")
class ViolationExport(ListingExport, ViolationList):
    """``GET export/violations``."""

    resource, row = "violations", ViolationSerializer


@_described("pull requests", "pull_requests", "pull requests")
class PullExport(ListingExport, PullList):
    """``GET export/pr``."""

    # Not CI's, which reads verdicts one by one.
    permissions = {"GET": "compliance.view_violation"}
    resource, row = "pull_requests", PullListingSerializer


@_described("overrides", "overrides", "overrides")
class OverrideExport(ListingExport, OverrideCollection):
    """``GET export/overrides``."""

    resource, row = "overrides", OverrideSerializer

    def pages_of(self, request: Request) -> Iterator[list[Row]]:
        """Once what is over has ended."""
        expire_for_reader(at=timezone.now())
        return super().pages_of(request)


@_described("alerts", "alerts", "alerts")
class AlertExport(ListingExport, AlertList):
    """``GET export/alerts``."""

    resource, row = "alerts", AlertSerializer


@_described("reports", "evaluations", "evaluations")
class EvaluationExport(ListingExport, EvaluationList):
    """``GET export/evaluations``."""

    resource, row = "evaluations", EvaluationSerializer


@_described("rules", "rules", "rules", filtered=False)
class RuleExport(Export):
    """``GET export/rules``."""

    permissions = {"GET": "compliance.view_rule"}
    resource, row = "rules", RuleSerializer

    def pages_of(self, request: Request) -> Iterator[list[Row]]:
        """All of them, and where each stands: read at once, while the tenant is entered."""
        return iter([[rule_shape(rule, tally, url=page_of(request, "rule", rule.pk)) for rule, tally in shown_rules()]])

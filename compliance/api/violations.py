"""``GET violations`` and ``GET violations/<id>``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.answers import ViolationDetailSerializer, ViolationSerializer
from compliance.api.etags import etagged
from compliance.api.filters import ViolationFilters
from compliance.api.links import Pages, page_of
from compliance.api.shapes import Shape, violation_shape
from compliance.models import Violation
from compliance.queries import violations
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint, Listing
from core.errors import NotFound


class ViolationList(Listing):
    """``GET violations``."""

    permissions = {"GET": "compliance.view_violation"}
    filterset_class = ViolationFilters

    @extend_schema(
        tags=["violations"],
        operation_id="list_violations",
        summary="List violations",
        parameters=[IF_NONE_MATCH],
        responses=answers(ViolationSerializer(many=True), conditional=True),
    )
    @etagged("violations")
    def get(self, request: Request) -> Response:
        """All violations that match every filter, newest first."""
        return self.page(request)

    def get_queryset(self) -> QuerySet[Violation, dict[str, Any]]:
        """Plain rows."""
        return violations.rows()

    def shaped(self, rows: Sequence[Any], request: Request) -> list[Shape]:
        """The page's violations."""
        pages = Pages(request, "violation")
        return [violation_shape(row, url=pages.of(row["id"])) for row in violations.settled(rows)]


class ViolationDetail(Endpoint):
    """``GET violations/<id>``."""

    permissions = {"GET": "compliance.view_violation"}

    @extend_schema(
        tags=["violations"],
        operation_id="read_violation",
        summary="Read a violation",
        parameters=[IF_NONE_MATCH],
        responses=answers(ViolationDetailSerializer, 404, conditional=True),
    )
    @etagged("violations")
    def get(self, request: Request, violation_id: UUID) -> Response:
        """One violation with every change of its state, oldest first."""
        found = violations.rows().filter(pk=violation_id).first()
        if found is None:
            raise NotFound("not_found", "There is no such violation.")
        (row,) = violations.settled([found])
        changes = violations.timeline(violation_id)
        return Response(
            {
                **violation_shape(row, url=page_of(request, "violation", violation_id)),
                "resolved_by": row["resolved_by"] or None,
                "timeline": [{**change, "from_status": change["from_status"] or None} for change in changes],
            }
        )

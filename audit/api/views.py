"""``GET audit``."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.filters import AuditFilters
from audit.api.serializers import AuditEntrySerializer
from audit.chain import COLUMNS
from audit.exports import shape
from audit.models import AuditEntry
from core.api.schema import answers
from core.api.views import Listing


class AuditList(Listing):
    """``GET audit``."""

    permissions = {"GET": "audit.view_auditentry"}
    filterset_class = AuditFilters

    @extend_schema(
        tags=["audit"],
        operation_id="list_audit_entries",
        summary="Read the audit log",
        responses=answers(AuditEntrySerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        """Entries that match every filter, newest first, each with its proof."""
        response = self.page(request)
        response["Cache-Control"] = "private, no-store"
        return response

    def get_queryset(self) -> QuerySet[AuditEntry, dict[str, Any]]:
        """Plain rows."""
        rows: QuerySet[AuditEntry, dict[str, Any]] = AuditEntry.objects.order_by("-sequence").values(*COLUMNS)
        return rows

    def shaped(self, rows: Sequence[Any], request: Request) -> list[dict[str, Any]]:
        """The page's entries, as exports write them."""
        return [shape(row) for row in rows]

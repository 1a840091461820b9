"""``POST reports`` and ``POST checks``: take a CI result, put it into the inbox, answer at once."""

from typing import Any

import orjson
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from compliance import formats
from compliance.api.bodies import ReportParser
from compliance.api.callers import ensure_covers
from compliance.api.checks import CheckSerializer, report_of_checks
from compliance.api.envelopes import ReportSerializer, report_of
from compliance.choices import Severity
from compliance.readings import RawFinding
from compliance.report import Report
from compliance.services.parsing import check_speaks_about_a_rule
from compliance.services.submissions import Received, receive
from core.api.schema import Answers, problems
from core.api.views import Endpoint
from core.errors import LengthRequired


class ReceiptSerializer(serializers.Serializer[Any]):
    """That a report is in the inbox, and where to ask for its verdict."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    status_url = serializers.URLField()
    duplicate = serializers.BooleanField(help_text="The same report was sent before; nothing was added.")


_RECEIPTS: Answers = {
    (202, "application/json"): OpenApiResponse(ReceiptSerializer, "In the inbox"),
    (200, "application/json"): OpenApiResponse(ReceiptSerializer, "There already"),
}
RECEIPTS = _RECEIPTS | problems(400, 401, 403, 406, 409, 411, 413, 415, 422, 429, 503)


class SubmittingView(Endpoint):
    """What both endpoints share."""

    parser_classes = [ReportParser]
    permissions = {"POST": "compliance.add_submission"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body of unknown length, which would otherwise read as an empty one."""
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired("length_required", "Send a Content-Length.")

    def submit(self, request: Request, report: Report, content: object, *, part: str = "") -> Response:
        """Check who may report for what, read the results once to refuse what is wrong, and store the report."""
        ensure_covers(request, report.repository)
        reading = formats.read(report.format, report.results)
        check_speaks_about_a_rule(reading, source=report.source)
        received = receive(
            report,
            content=canonical(content),
            part=part,
            blocking=any(may_block(raw) for raw in reading.raw),
            by=str(request.user),
            at=timezone.now(),
        )
        return Response(self._receipt(request, received), status=200 if received.duplicate else 202)

    def _receipt(self, request: Request, received: Received) -> dict[str, Any]:
        submission = received.submission
        return {
            "id": str(submission.pk),
            "status": submission.status,
            "status_url": reverse("api:report", args=[submission.pk], request=request),
            "duplicate": received.duplicate,
        }


class ReportCollection(SubmittingView):
    """``POST reports``."""

    @extend_schema(
        tags=["reports"],
        operation_id="post_report",
        summary="Post a CI result",
        request=ReportSerializer,
        responses=RECEIPTS,
    )
    def post(self, request: Request) -> Response:
        """Take one CI result."""
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.submit(request, report_of(serializer.validated_data), request.data)


class CheckCollection(SubmittingView):
    """``POST checks``."""

    @extend_schema(
        tags=["reports"],
        operation_id="post_check",
        summary="Post one check, or a few of one run",
        request=CheckSerializer,
        responses=RECEIPTS,
    )
    def post(self, request: Request) -> Response:
        """Take checks one at a time; those of one run add up."""
        report, part = report_of_checks(request.data)
        return self.submit(request, report, request.data, part=part)


def canonical(content: object) -> bytes:
    """The same bytes for the same content, whatever the order of its keys."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def may_block(raw: RawFinding) -> bool:
    """A hint, from the entry alone, that it is a BLOCK: its rule may say otherwise."""
    if raw.severity:
        return raw.severity == Severity.BLOCK
    return "HARD STOP" in raw.message or (raw.kind == "deny" and "OVERRIDE REQUIRED" not in raw.message)

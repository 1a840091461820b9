"""``POST reports`` and ``POST checks``: take a CI result, put it into the inbox, answer at once."""

from typing import Any

import orjson
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.authentication import ci_token_of
from compliance import formats
from compliance.api.bodies import ReportParser
from compliance.api.checks import CheckSerializer, report_of_checks
from compliance.api.envelopes import ReportSerializer, report_of
from compliance.choices import Severity
from compliance.readings import RawFinding
from compliance.report import Report
from compliance.services.parsing import check_speaks_about_a_rule
from compliance.services.submissions import Received, receive
from core.errors import Forbidden, Invalid, LengthRequired


class ReceiptSerializer(serializers.Serializer[Any]):
    """That a report is in the inbox, and where to ask for its verdict."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    status_url = serializers.URLField()
    duplicate = serializers.BooleanField(help_text="The same report was sent before; nothing was added.")


RECEIPTS = {
    202: OpenApiResponse(ReceiptSerializer, "In the inbox"),
    200: OpenApiResponse(ReceiptSerializer, "There already"),
}


class SubmittingView(APIView):
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
        token = ci_token_of(request)
        if token is not None and not token.covers(report.repository):
            raise Forbidden("repository_not_covered", f"This token may not report for {report.repository}.")
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

    @extend_schema(request=ReportSerializer, responses=RECEIPTS, summary="Post a CI result")
    def post(self, request: Request) -> Response:
        """Take one CI result."""
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.submit(request, report_of(serializer.validated_data), request.data)


class CheckCollection(SubmittingView):
    """``POST checks``."""

    @extend_schema(request=CheckSerializer, responses=RECEIPTS, summary="Post one check, or a few of one run")
    def post(self, request: Request) -> Response:
        """Take checks one at a time; those of one run add up."""
        report, part = report_of_checks(request.data)
        return self.submit(request, report, request.data, part=part)


def canonical(content: object) -> bytes:
    """The same bytes for the same content, whatever the order of its keys.

    Raises:
        Invalid: it is nested more deeply than can be written again (about 250 levels).
    """
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise Invalid("nested_too_deeply", "The report is nested too deeply; 250 levels can be kept.") from error


def may_block(raw: RawFinding) -> bool:
    """A hint, from the entry alone, that it is a BLOCK: its rule may say otherwise."""
    if raw.severity:
        return raw.severity == Severity.BLOCK
    return "HARD STOP" in raw.message or (raw.kind == "deny" and "OVERRIDE REQUIRED" not in raw.message)

"""What the OpenAPI description says of every endpoint's refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.problems import MEDIA_TYPE, TITLES

EVERYWHERE = (401, 403, 406, 422, 429)
"""What any endpoint may answer that wants a caller."""

Answers = dict[int | tuple[int, str], Any]


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="One sentence, for people.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field of this name
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="What is wrong, by field."
    )


def answers(success: Any, *further: int, conditional: bool = False, status: int = 200) -> Answers:
    """Describe an endpoint's answers: its success and the problems that it may answer.

    Args:
        success: the serializer of the success.
        further: statuses of problems besides ``EVERYWHERE``.
        conditional: 304 is possible.
        status: of the success.
    """
    described: Answers = {(status, "application/json"): success}
    if conditional:
        described[304] = OpenApiResponse(description="Not modified: what If-None-Match names is current.")
    return described | problems(*EVERYWHERE, *further)


def problems(*statuses: int) -> Answers:
    """Describe problem documents of these statuses."""
    return {(status, MEDIA_TYPE): _problem(status) for status in sorted(set(statuses))}


def _problem(status: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=TITLES[status])


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="ETag of an earlier answer: 304 while it is current."
)

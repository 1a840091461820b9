"""``health``: how well this tenant is served just now."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import answers
from core.api.views import Endpoint
from operations.api.serializers import HealthSerializer
from operations.api.shapes import health_shape
from operations.queries.health import health


class HealthDetail(Endpoint):
    """``GET health``."""

    permissions = {"GET": "operations.view_sample"}

    @extend_schema(
        tags=["health"],
        operation_id="read_health",
        summary="Read how well the console is doing",
        responses=answers(HealthSerializer),
    )
    def get(self, request: Request) -> Response:
        """The state in a word, what is wrong in words, and the figures. Always 200: the answer says how it is."""
        response = Response(health_shape(health(at=timezone.now())))
        response["Cache-Control"] = "no-store"
        return response

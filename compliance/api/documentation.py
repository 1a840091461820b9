"""The API's description, and a page to read it on. Both are the same for everyone and need no caller."""

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response

from core.api.renderers import FastJSONRenderer
from core.api.views import Endpoint


class Page(Endpoint):
    """To be read and nothing else. Its renderers write pages; a refusal is a problem document here too."""

    http_method_names = ["get", "head"]

    def handle_exception(self, exc: Exception) -> Response:
        """Answer as the other endpoints do."""
        response = super().handle_exception(exc)
        self.request.accepted_renderer = FastJSONRenderer()
        self.request.accepted_media_type = FastJSONRenderer.media_type
        return response


class Schema(Page, SpectacularAPIView):
    """``GET schema``: OpenAPI, as JSON unless YAML is asked for."""

    parameters = ("format", "lang")
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]


class Docs(Page, SpectacularSwaggerSplitView):
    """``GET docs``: Swagger UI from our own files; its script is a file of its own, as a strict policy wants it."""

    parameters = ("script", "lang")
    url_name = "api:schema"

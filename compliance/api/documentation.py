"""The API's description, and a page to read it on. Both are the same for everyone and need no caller."""

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    """``GET schema``: OpenAPI, as JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]


class Docs(SpectacularSwaggerSplitView):
    """``GET docs``: Swagger UI from our own files; its script is a file of its own, as a strict policy wants it."""

    url_name = "api:schema"

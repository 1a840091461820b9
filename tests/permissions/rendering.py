"""Pages without their templates: who may see one is decided before it is written, which takes longer."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse


class Unrendered:
    """Middleware: every template is empty. What views put into the context stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Called between the view and its template."""
        if isinstance(response, TemplateResponse):
            response.template_name = engines["django"].from_string("")
        return response

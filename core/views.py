"""What is shown where no page is, or where one broke: a problem document to programs, a page to people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from core.problems import problem_response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path.startswith("/api/"):
        return problem_response(404, "not_found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. The trace is in the log."""
    if request.path.startswith("/api/"):
        return problem_response(500, "internal_error", "Something went wrong on our side; it has been logged.")
    return defaults.server_error(request)

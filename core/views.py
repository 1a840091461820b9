"""What is shown where no page is, or where one broke: a problem document to programs, a page to people."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from core.problems import TITLES, problem_response


def refused(request: HttpRequest, status: int, code: str, detail: str, *, home: bool = True) -> HttpResponse:
    """The answer of this status.

    Args:
        home: the host has a first page that the page may lead to.
    """
    if is_program(request):
        response = problem_response(status, code, detail)
    else:
        # Without the request: its context processors would ask for a session and a tenant, which there may not be.
        told = {"status": status, "title": TITLES[status], "detail": detail, "home": home}
        response = HttpResponse(render_to_string("refusal.html", told), status=status)
    patch_vary_headers(response, ["Accept"])
    return response


def is_program(request: HttpRequest) -> bool:
    """Whoever calls the API, or does not ask for HTML by name as every browser does."""
    return request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", "").lower()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return refused(request, 400, "bad_request", "This request makes no sense to us.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return refused(request, 403, "permission_denied", "Your role does not allow this. Ask your administrator.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return refused(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500. The trace is in the log."""
    return refused(request, 500, "internal_error", "Something went wrong on our side; it has been logged.")

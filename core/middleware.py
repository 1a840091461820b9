"""What holds for every request, whatever its host."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.origin import coming_from, origin_of
from core.views import refused


class OriginMiddleware:
    """Gives each request an id, the caller's own where it sent one, and answers it in ``X-Request-ID``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = origin_of(request)
        with coming_from(origin):
            response = self.get_response(request)
        response["X-Request-ID"] = origin.request_id
        return response


class BrowserPolicyMiddleware:
    """Tells browsers what every answer of ours may do: whatever text gets into a page, no script in it runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        policy = settings.CONTENT_SECURITY_POLICY
        self._headers = {
            "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in policy.items()),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": settings.PERMISSIONS_POLICY,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self._headers.items():
            response.setdefault(name, value)
        return response


class NulMiddleware:
    """Answers 400 to a NUL in the path or the query: PostgreSQL stores none, and every look-up would break on it.

    The API is left alone: it checks what it is given and names the parameter that is wrong (404, 422).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/") and _has_nul(request):
            return refused(request, 400, "nul", "The address holds a NUL character.")
        return self.get_response(request)


def _has_nul(request: HttpRequest) -> bool:
    # The path is decoded already, the query is not.
    query = request.META.get("QUERY_STRING", "")
    return "\0" in request.path or "\0" in query or "%00" in query

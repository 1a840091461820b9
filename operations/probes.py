"""Liveness and readiness, on any host name and without any tenant's data."""

from collections.abc import Callable

from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse

from tenants.current import connection


class ProbeMiddleware:
    """Answers ``/healthz`` (the process runs) and ``/readyz`` (PostgreSQL answers) before any routing.

    Redis is no part of readiness: without it CI is answered all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return _readiness()
        return self.get_response(request)


def _readiness() -> HttpResponse:
    connection.set_schema_to_public()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    finally:
        connection.close()
    return JsonResponse({"status": "ok"})

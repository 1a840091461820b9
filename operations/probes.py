"""Liveness and readiness, on any host name and without any tenant's data."""

from collections.abc import Callable

import psycopg
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

_SECONDS = 2
"""For connecting, and for the answer: who asks has a time-out of their own, and should hear why."""


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
    """Outside of the pool, where a probe would wait behind all others for half a minute."""
    timeout = f"-c statement_timeout={_SECONDS}s"
    try:
        with psycopg.connect(settings.READING_DATABASE_URL, connect_timeout=_SECONDS, options=timeout) as asking:
            asking.execute("SELECT 1")
    except psycopg.Error:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    return JsonResponse({"status": "ok"})

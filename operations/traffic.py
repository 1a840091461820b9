"""How fast this process answers, by tenant, until it tells the database of it.

There are any number of processes on any number of hosts, so that neither memory nor a folder of files can add them up:
each adds what has come to rows that all share. A request itself pays for a few additions under a lock.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from operations import histogram


@dataclass(slots=True)
class Traffic:
    """What one tenant was answered."""

    requests: int = 0
    errors: int = 0
    polls: int = 0
    polls_failed: int = 0
    total_ms: float = 0.0
    buckets: histogram.Buckets = field(default_factory=histogram.empty)


_lock = Lock()
_came: dict[str, Traffic] = {}


def count(schema: str, *, milliseconds: float, status: int, poll: bool) -> None:
    """One more answer."""
    failed = status >= 500
    place = histogram.place(milliseconds)
    with _lock:
        traffic = _came.setdefault(schema, Traffic())
        traffic.requests += 1
        traffic.errors += failed
        traffic.polls += poll
        traffic.polls_failed += poll and failed
        traffic.total_ms += milliseconds
        traffic.buckets[place] += 1


def take() -> dict[str, Traffic]:
    """What has come since the last time, by schema; from now on it is the caller's to keep."""
    global _came
    with _lock:
        taken, _came = _came, {}
    return taken


def give_back(taken: dict[str, Traffic]) -> None:
    """It could not be told: keep it for the next time."""
    with _lock:
        for schema, before in taken.items():
            now = _came.setdefault(schema, Traffic())
            for name in ("requests", "errors", "polls", "polls_failed", "total_ms"):
                setattr(now, name, getattr(now, name) + getattr(before, name))
            now.buckets = histogram.added([now.buckets, before.buckets])


class TrafficMiddleware:
    """Measures every answer of a known host, from the first middleware to the last.

    Hosts that nobody has are not counted: anybody could invent tenants.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._told_by = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._tell_of_this_process()
        began = perf_counter()
        response = self.get_response(request)
        tenant = getattr(request, "tenant", None)
        if tenant is not None:
            taken = (perf_counter() - began) * 1000
            count(tenant.schema_name, milliseconds=taken, status=response.status_code, poll=is_poll(request))
        return response

    def _tell_of_this_process(self) -> None:
        """With the first request: a thread that began before the server forked would be left behind."""
        if self._told_by != os.getpid() and settings.PROCESS_READING_SECONDS:
            self._told_by = os.getpid()
            from operations.telling import tell_regularly

            tell_regularly("web")


def is_poll(request: HttpRequest) -> bool:
    """Whether somebody looks for news: a page's fragment, a conditional read, or CI that waits for its verdict."""
    if request.method != "GET":
        return False
    if "If-None-Match" in request.headers or "HX-Request" in request.headers:
        return True
    return request.path.startswith("/api/compliance/reports/")

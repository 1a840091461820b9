"""Where work comes from: the request (or task) it is done for, and the address that asked. Known everywhere in it."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest

from core.ids import new_id

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")


class Origin(NamedTuple):
    """Of one request or task."""

    request_id: str = ""
    address: str = ""


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  a tuple: it cannot change


def current_origin() -> Origin:
    """Of the work at hand; empty outside requests and tasks."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Do the work inside for this origin."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def origin_of(request: HttpRequest) -> Origin:
    """The caller's own request id where it is sane, else a new one; and the address."""
    given = request.headers.get("X-Request-ID", "")
    return Origin(given if _SANE.fullmatch(given) else str(new_id()), address_of(request))


def address_of(request: HttpRequest) -> str:
    """Who called, as the outermost of our own ``TRUSTED_PROXIES`` proxies saw it.

    Each proxy appends whom it was called by to ``X-Forwarded-For``; what stands further left the caller may have made
    up.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return peer
    path = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return path[-settings.TRUSTED_PROXIES][:64] if len(path) >= settings.TRUSTED_PROXIES else peer


class OriginLogFilter(logging.Filter):
    """Put the request's id on every log record, as ``record.request_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always let the record through."""
        record.request_id = current_origin().request_id or "-"
        return True

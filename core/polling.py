"""Pages whose parts ask for news: a poll is answered 304 while what the page is made of is what it was.

Browsers keep no page of the console (it is private and changes), so that only polls are conditional: the script that
makes them (console/live.js) sends the tag that the part came with.
"""

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.translation import get_language

SPAN_SECONDS = 300
"""What changes by time alone, such as ages, is at most so old."""

View = TypeVar("View", bound=Callable[..., Any])


def is_poll(request: HttpRequest) -> bool:
    """Whether a part of a page asks, and not a person."""
    return request.headers.get("HX-Request") == "true"


def frame_of(request: HttpRequest) -> str:
    """The template that a page extends: the whole console, or nothing around the parts that a poll asks for."""
    return "console/part.html" if is_poll(request) else "admin/base.html"


def tag_of(request: HttpRequest) -> str:
    """The tag of what is being answered; empty on pages that are not ``polled``."""
    return getattr(request, "live_tag", "")


def polled(state: Callable[[HttpRequest], object]) -> Callable[[View], View]:
    """Decorate a view, or a method of a class that answers requests.

    Args:
        state: tells one state of everything that the page shows from another, in a millisecond. It is asked before
            the page is made: what changes in between is fetched once more.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(*args: Any, **kwargs: Any) -> HttpResponse:
            request = next(arg for arg in args if isinstance(arg, HttpRequest))
            response: HttpResponse
            if request.method != "GET":
                response = view(*args, **kwargs)
                return response
            now = state(request)
            tag = _tag(request, now)
            if is_poll(request) and request.headers.get("If-None-Match") == tag:
                return _tagged(HttpResponse(status=304), tag)
            request.live_tag, request.live_state = tag, now  # type: ignore[attr-defined]
            response = view(*args, **kwargs)
            if is_poll(request):
                _keep_messages(request, response)
            return _tagged(response, tag)

        return cast("View", answer)

    return decorate


def _tag(request: HttpRequest, state: object) -> str:
    user: Any = request.user
    parts = (
        state,
        settings.RELEASE,
        str(getattr(request, "tenant", "")),
        request.get_full_path(),
        user.pk,
        sorted(user.get_all_permissions()),
        get_language(),
        int(time.time() // SPAN_SECONDS),
    )
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _tagged(response: HttpResponse, tag: str) -> HttpResponse:
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-store"
    return response


def _keep_messages(request: HttpRequest, response: HttpResponse) -> None:
    """A poll shows no messages: they wait for the page that a person opens."""

    def unread(_: Any) -> None:
        get_messages(request).used = False  # type: ignore[union-attr]

    if isinstance(response, SimpleTemplateResponse):
        response.add_post_render_callback(unread)

"""ETag and 304: what has not changed is not read again.

The tag is made from the versions of what the answer is made from, read before the answer is: data that changes in
between carries an older tag and is fetched once more, never the other way round. It also names everything else that
an answer depends on: who asks and what they may, the address, the language, the release, and a span of five minutes,
for what changes by time alone.
"""

import hashlib
import time
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import ci_token_of
from accounts.binding import tenant_id
from compliance.models import Version
from compliance.queries.versions import versions_and_lapses
from compliance.services.lapses import judge_lapsed

SPAN_SECONDS = 300
VARYING = ("Authorization", "Cookie", "Accept-Language")

Getter = TypeVar("Getter", bound=Callable[..., Response])


def etagged(*topics: str, also: Callable[..., object] = lambda **_: None) -> Callable[[Getter], Getter]:
    """Decorate a view's ``get``: answer 304 where the caller has the current answer, and tag the others.

    Args:
        topics: of the versions that the answer is made from.
        also: called with the path's arguments; what it returns is part of the tag. For what no version counts.
    """

    def decorate(get: Getter) -> Getter:
        @wraps(get)
        def answer(view: APIView, request: Request, **kwargs: Any) -> Response:
            tag = tag_of(request, _versions(topics), also(**kwargs))
            wanted = parse_etags(request.headers.get("If-None-Match", ""))
            # "*" asks whether there is anything at all, which only reading tells.
            current = tag in {_weak(name) for name in wanted}
            response = Response(status=304) if current else get(view, request, **kwargs)
            if "*" in wanted and not current:
                response = Response(status=304)
            return _tagged(response, tag)

        return cast("Getter", answer)

    return decorate


def tag_of(request: Request, *state: object) -> str:
    """The weak ETag of what this caller is answered at this address while ``state`` lasts."""
    parts = (
        state,
        settings.RELEASE,
        tenant_id(),
        request.build_absolute_uri(),
        *_who(request),
        get_language(),
        int(time.time() // SPAN_SECONDS),
    )
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _versions(topics: Collection[str]) -> list[int]:
    """The versions of what is answered, once nothing in it rests on an override that has run out."""
    at = timezone.now()
    numbers, lapsed = versions_and_lapses(topics, at=at)
    if not lapsed:
        return numbers
    judge_lapsed(at=at)
    return Version.numbers(topics)


def _who(request: Request) -> tuple[object, ...]:
    user: Any = request.user
    permissions = sorted(user.get_all_permissions())
    if token := ci_token_of(request):
        return "ci", token.pk, tuple(token.repositories), permissions
    return "person", user.pk, permissions


def _weak(tag: str) -> str:
    return tag if tag.startswith("W/") else f"W/{tag}"


def _tagged(response: Response, tag: str) -> Response:
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, VARYING)
    return response

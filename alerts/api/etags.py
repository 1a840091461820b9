"""ETags of what was answered: alerts change by time and by every worker, so that the answer itself is the state."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import orjson
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

Getter = TypeVar("Getter", bound=Callable[..., Response])


def etagged(get: Getter) -> Getter:
    """Decorate a view's ``get``: answer 304 where the caller has this very answer. It saves the way, not the look."""

    @wraps(get)
    def answer(view: APIView, request: Request, **kwargs: Any) -> Response:
        response = get(view, request, **kwargs)
        digest = hashlib.sha256(orjson.dumps(response.data, default=str)).hexdigest()[:32]
        tag = f'W/"{digest}"'
        wanted = parse_etags(request.headers.get("If-None-Match", ""))
        if "*" in wanted or tag in {name if name.startswith("W/") else f"W/{name}" for name in wanted}:
            response = Response(status=304)
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return response

    return cast("Getter", answer)

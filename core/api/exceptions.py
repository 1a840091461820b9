"""Every error of the API becomes a problem document with a stable code, once, here."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from psycopg.errors import LockNotAvailable
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import DomainError
from core.problems import MEDIA_TYPE, document_of, problem_document


def problem_of_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. What is neither a domain nor an API error is a bug: it is raised on and logged."""
    if isinstance(error, DomainError):
        members: Mapping[str, object] = getattr(error, "members", {})
        return _response(error.status, {**document_of(error), **members}, _headers(error))
    if isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable):
        return _response(503, problem_document(503, "busy", "It is being changed; try again."), {"Retry-After": "1"})
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    document = _invalid(error) if isinstance(error, exceptions.ValidationError) else _document(error)
    return _response(int(str(document["status"])), document, _headers(error))


def _invalid(error: exceptions.ValidationError) -> dict[str, object]:
    # DRF says 400 here as well; ours is for what cannot be read, 422 for what is wrong.
    errors = dict(_by_field(error.detail))
    named = ", ".join(errors)
    return problem_document(422, "invalid", f"Not valid: {named}." if named else "Not valid.", errors=errors)


def _document(error: exceptions.APIException) -> dict[str, object]:
    detail: Any = error.detail
    if isinstance(detail, dict):  # as simplejwt raises it: the text, the code, and which token classes were tried
        return problem_document(error.status_code, str(detail.get("code", "error")), str(detail.get("detail", "")))
    code = error.get_codes()
    return problem_document(error.status_code, code if isinstance(code, str) else "error", str(detail))


def _by_field(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Flatten DRF's nested details to ``field.inner[3]`` → messages."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            field = "" if name == "non_field_errors" else str(name)
            yield from _by_field(inner, ".".join(part for part in (path, field) if part))
    elif isinstance(detail, list) and all(isinstance(item, str) for item in detail):
        if detail:
            yield path or "body", [str(item) for item in detail]
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _by_field(inner, f"{path}[{index}]")
    else:
        yield path or "body", [str(detail)]


def _headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return headers


def _response(status: int, document: dict[str, object], headers: dict[str, str] | None = None) -> Response:
    return Response(document, status=status, headers=headers, content_type=MEDIA_TYPE)

"""RFC 9457 problem documents: the one shape in which the API says no."""

from collections.abc import Mapping, Sequence

from django.http import HttpResponse, JsonResponse

from core.errors import DomainError

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    411: "Length required",
    413: "Too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


def problem_document(
    status: int, code: str, detail: str, *, errors: Mapping[str, Sequence[str]] | None = None
) -> dict[str, object]:
    """Return the document; ``errors`` is left out where no field can be named."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        document["errors"] = {field: list(texts) for field, texts in errors.items()}
    return document


def problem_response(status: int, code: str, detail: str) -> HttpResponse:
    """Return a problem from outside the API framework (middleware, error views)."""
    return JsonResponse(problem_document(status, code, detail), status=status, content_type=MEDIA_TYPE)


def document_of(error: DomainError) -> dict[str, object]:
    """The document of a domain error."""
    return problem_document(error.status, error.code, error.message, errors=error.errors)

"""Errors that a person or a CI job may read: safe to show, with a stable code."""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """Something the caller can understand and mend.

    Mapped once to ``application/problem+json`` (``core.problems``) and shown as a message in the admin.

    Args:
        code: stable, for programs.
        message: one sentence, for people.
        errors: what is wrong by field, where fields can be named.
    """

    status = 422

    def __init__(self, code: str, message: str, *, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.errors = {field: list(texts) for field, texts in (errors or {}).items()}


class Malformed(DomainError):
    """The input cannot be read at all."""

    status = 400


class NotSigned(DomainError):
    """Nobody whom we know has sent it."""

    status = 401


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or the caller may not know of it."""

    status = 404


class Conflict(DomainError):
    """The request is right but contradicts what is already there."""

    status = 409


class LengthRequired(DomainError):
    """The request does not say how long its body is."""

    status = 411


class TooLarge(DomainError):
    """A size limit is passed; the message names it."""

    status = 413


class UnsupportedMedia(DomainError):
    """The content type or content encoding is none that we read."""

    status = 415


class TooMany(DomainError):
    """The caller asks too often.

    Args:
        wait: seconds after which it may try again.
    """

    status = 429

    def __init__(self, code: str, message: str, *, wait: float) -> None:
        super().__init__(code, message)
        self.wait = wait


class Invalid(DomainError):
    """The input can be read but is wrong; ``errors`` says where."""

    status = 422

"""Reading small JSON bodies: bounded, strict, and never a 500."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser

from core.errors import Invalid, LengthRequired, Malformed, TooLarge

MAX_BYTES = 1024 * 1024
MAX_LEVELS = 242
_SPARE_LEVELS = 12
"""What is stored and answered wraps the document; orjson writes 254 levels in all."""


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it: no NaN, no lone surrogates, no bottomless nesting; an object or a list at the top."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read the body.

        Raises:
            TooLarge: it has more than ``MAX_BYTES``.
            Malformed: it is not JSON.
            Invalid: it is nested more than ``MAX_LEVELS`` deep.
        """
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge("body_too_large", f"The body may have {MAX_BYTES} bytes.")
        return read_json(body)


class BytesParser(BaseParser):
    """The body as it was sent, which is what is signed. Too large a one is not read at all."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read the body.

        Raises:
            LengthRequired: nobody says how long it is.
            TooLarge: it has more than ``MAX_BYTES``.
        """
        stated = parser_context["request"].META.get("CONTENT_LENGTH") if parser_context else None
        if not stated or not stated.isdigit():
            raise LengthRequired("length_required", "Send a Content-Length.")
        if int(stated) > MAX_BYTES:
            raise TooLarge("body_too_large", f"The body may have {MAX_BYTES} bytes.")
        return stream.read(int(stated))


def read_json(body: bytes) -> Any:
    """Read a document that can be written again: deeper ones break whatever walks through them.

    Raises:
        Malformed: it is not JSON.
        Invalid: it is nested more than ``MAX_LEVELS`` deep.
    """
    try:
        document = wrapped = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed("malformed_json", f"The body is not JSON: {error}.") from error
    for _ in range(_SPARE_LEVELS):
        wrapped = [wrapped]
    try:
        orjson.dumps(wrapped)
    except orjson.JSONEncodeError as error:
        raise Invalid("nested_too_deeply", f"The body may be nested {MAX_LEVELS} levels deep.") from error
    return document

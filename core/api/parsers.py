"""Reading small JSON bodies: bounded, strict, and never a 500."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser

from core.errors import Malformed, TooLarge

MAX_BYTES = 1024 * 1024


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
        """
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge("body_too_large", f"The body may have {MAX_BYTES} bytes.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Malformed("malformed_json", f"The body is not JSON: {error}.") from error

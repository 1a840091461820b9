"""Reading a report's body within its limits, before anything is made of it."""

import zlib
from typing import IO, Any

from rest_framework.parsers import BaseParser

from compliance.limits import MAX_BODY_BYTES, MAX_UNPACKED_BYTES, MIB
from core.api.parsers import read_json
from core.errors import LengthRequired, Malformed, TooLarge, UnsupportedMedia

_CHUNK = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_MAX_MEMBERS = 100
"""Of one gzip: each copies what is left of the body, and empty ones would go on for minutes."""
_DRAINED_BYTES = 32 * MIB
"""How much of a body that is too large is read off, so that its sender gets to read our answer."""


class ReportParser(BaseParser):
    """JSON, plain or gzip, of bounded size, as strict as ``read_json``."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the document.

        Raises:
            Malformed: it is not JSON, or not gzip.
            Invalid: it is nested too deeply.
            LengthRequired, TooLarge, UnsupportedMedia: as their names say.
        """
        headers = parser_context["request"].META
        body = _read(stream, headers.get("CONTENT_LENGTH"))
        encoding = headers.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            body = gunzip(body)
        elif encoding not in ("", "identity"):
            raise UnsupportedMedia("unsupported_encoding", "Content-Encoding may be gzip or identity.")
        return read_json(body)


def gunzip(body: bytes) -> bytes:
    """Unpack gzip (one member or several), never past the limit.

    Raises:
        TooLarge: it would unpack to more than ``MAX_UNPACKED_BYTES``.
        Malformed: it is not gzip, breaks off, or has more than ``_MAX_MEMBERS`` members.
    """
    unpacked = bytearray()
    rest = body
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            unpacked += member.decompress(rest, MAX_UNPACKED_BYTES + 1 - len(unpacked))
        except zlib.error as error:
            raise Malformed("malformed_gzip", f"The body is not gzip: {error}.") from error
        if len(unpacked) > MAX_UNPACKED_BYTES:
            raise TooLarge("unpacked_too_large", f"The body unpacks to more than {MAX_UNPACKED_BYTES // MIB} MiB.")
        if not member.eof:
            raise Malformed("malformed_gzip", "The gzip data breaks off.")
        rest = member.unused_data
        if not rest:
            return bytes(unpacked)
    raise Malformed("malformed_gzip", f"The gzip data has more than {_MAX_MEMBERS} members.")


def _read(stream: IO[bytes], stated: str | None) -> bytes:
    if not stated or not stated.isdigit():
        raise LengthRequired("length_required", "Send a Content-Length.")
    if int(stated) > MAX_BODY_BYTES:
        _drain(stream)
        raise TooLarge("body_too_large", f"The body is over {MAX_BODY_BYTES // MIB} MiB; compress it with gzip.")
    return stream.read(int(stated))


def _drain(stream: IO[bytes]) -> None:
    left = _DRAINED_BYTES
    while left > 0 and (chunk := stream.read(_CHUNK)):
        left -= len(chunk)

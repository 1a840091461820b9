"""Files that people bring along: bounded, of few kinds, and what they say they are."""

from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator

from core.errors import Invalid, TooLarge
from overrides.limits import EVIDENCE_TYPES, MAX_EVIDENCE_BYTES, MAX_URL_CHARS, MIB

_BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff"}
_is_address = URLValidator(schemes=["http", "https"])


def check_address(address: str) -> None:
    """Refuse what is no address on the web.

    Raises:
        Invalid: names ``evidence_url``.
    """
    try:
        if len(address) > MAX_URL_CHARS:
            raise ValidationError("too long")
        if address:
            _is_address(address)
    except ValidationError as error:
        reason = f"An http or https address of at most {MAX_URL_CHARS} characters."
        raise Invalid("invalid", f"evidence_url: {reason}", errors={"evidence_url": [reason]}) from error


def check_file(file: "UploadedFile[Any]") -> None:
    """Refuse files that are too large, of a kind that is not taken, or not what their name says.

    Raises:
        TooLarge: the limit is named.
        Invalid: names ``evidence``.
    """
    if (file.size or 0) > MAX_EVIDENCE_BYTES:
        raise TooLarge("evidence_too_large", f"A file may have {MAX_EVIDENCE_BYTES // MIB} MiB.")
    kind = PurePath(file.name or "").suffix.lower().removeprefix(".")
    if kind not in EVIDENCE_TYPES:
        raise _refused(f"One of these kinds: {', '.join(EVIDENCE_TYPES)}.")
    if not _is_what_it_says(kind, file):
        raise _refused(f"This is no {kind} file, whatever its name says.")


def _is_what_it_says(kind: str, file: "UploadedFile[Any]") -> bool:
    file.seek(0)
    content = file.read()
    file.seek(0)
    if beginning := _BEGINNINGS.get(kind):
        return bool(content.startswith(beginning))
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _refused(reason: str) -> Invalid:
    return Invalid("invalid", f"evidence: {reason}", errors={"evidence": [reason]})

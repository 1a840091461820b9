"""Files that cannot be sent before they are whole."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO

_CHUNK_BYTES = 65_536


def spooled(write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """What ``write`` writes, piece by piece; it lies on the disk meanwhile."""
    with TemporaryFile() as file:
        write(file)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk

"""Stop asking a service that does not answer, for a few seconds."""

import time


class Breaker:
    """Remembers that a service failed, so that each caller does not pay for finding out again."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def open(self) -> bool:
        """True while the service should be left alone."""
        return time.monotonic() < self._until

    def trip(self) -> None:
        """The service failed just now."""
        self._until = time.monotonic() + self._seconds


redis = Breaker(seconds=5)
"""One for all who use Redis in this process: a request waits for it once, whatever it wanted of it."""

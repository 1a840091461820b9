"""What stands before passwords are looked at."""

import time
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from core.counters import count_in_window
from core.origin import address_of

WINDOW_SECONDS = 600
LIMITS = {"address": 60, "name": 60}
"""Attempts in any ten minutes, right ones included: of one address at many names, at one name from many addresses."""


class PacedBackend:
    """Turns attempts back that come too fast, answered like a wrong password.

    What one address does to one name is locked by django-axes, from the database; this is for those who change either.
    It counts in Redis, and while Redis is away nobody is turned back.
    """

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **credentials: Any) -> None:
        """Count the attempt; None lets the next backend look.

        Raises:
            PermissionDenied: too many; Django asks no further backend.
        """
        if request is None or username is None:
            return
        for what, value in (("address", address_of(request)), ("name", username.casefold()[:150])):
            used = count_in_window(f"sign-in:{what}:{value}", now=time.time(), window=WINDOW_SECONDS)
            if used is not None and used > LIMITS[what]:
                raise PermissionDenied

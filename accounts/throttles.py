"""How often one caller may ask. Counted in Redis; while Redis is away nobody is turned back."""

import time

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.authentication import ci_token_of
from core.counters import count_in_window

WINDOW_SECONDS = 60


class CallerThrottle(BaseThrottle):
    """So many requests in any one minute, by ``settings.THROTTLE_RATES``: ``ci``, ``person`` and ``anonymous``."""

    def allow_request(self, request: Request, view: object) -> bool:
        """True unless the caller has used its rate up."""
        kind, who = self._caller(request)
        limit = settings.THROTTLE_RATES[kind]
        used = count_in_window(f"throttle:{kind}:{who}", now=time.time(), window=WINDOW_SECONDS)
        return used is None or used <= limit

    def wait(self) -> float:
        """Seconds until the window has moved on."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS

    def _caller(self, request: Request) -> tuple[str, str]:
        if token := ci_token_of(request):
            return "ci", str(token.pk)
        if request.user and request.user.is_authenticated:
            return "person", str(request.user.pk)
        return "anonymous", str(request.META.get("REMOTE_ADDR", ""))

"""How often one caller may ask. Counted in Redis; while Redis is away nobody is turned back."""

import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.authentication import CICaller
from core.breaker import Breaker

WINDOW_SECONDS = 60
_redis = Breaker(seconds=5)


class CallerThrottle(BaseThrottle):
    """A sliding window over one minute, from two counters: this window's, and the part of the last one still in view.

    ``settings.THROTTLE_RATES`` holds the requests a minute for ``ci``, ``person`` and ``anonymous``. The tenant is in
    the cache key.
    """

    scope = ""
    window = WINDOW_SECONDS

    def allow_request(self, request: Request, view: object) -> bool:
        """True unless the caller has used its rate up."""
        kind, who = self._caller(request)
        limit = settings.THROTTLE_RATES[self.scope or kind]
        used = self._count(f"throttle:{self.scope or kind}:{who}", time.time())
        return used is None or used <= limit

    def wait(self) -> float:
        """Seconds until the window has moved on."""
        return self.window - time.time() % self.window

    def _caller(self, request: Request) -> tuple[str, str]:
        if isinstance(request.user, CICaller):
            return "ci", str(request.user.token.pk)
        if request.user and request.user.is_authenticated:
            return "person", str(request.user.pk)
        return "anonymous", str(request.META.get("REMOTE_ADDR", ""))

    def _count(self, key: str, now: float) -> float | None:
        window, into = divmod(now, self.window)
        current, previous = f"{key}:{int(window)}", f"{key}:{int(window) - 1}"
        if _redis.open():
            return None
        try:
            cache.add(current, 0, timeout=self.window * 2)
            count = cache.incr(current)
            before = cache.get(previous, 0)
        except (RedisError, OSError, ValueError):
            _redis.trip()
            return None
        return float(count + before * (1 - into / self.window))

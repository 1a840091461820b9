"""Counting requests, with Redis and without."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core import breaker, counters


@pytest.fixture(autouse=True)
def own_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client and a breaker of this test's own."""
    monkeypatch.setattr(breaker, "redis", breaker.Breaker(seconds=5))
    counters._client.cache_clear()
    yield
    counters._client.cache_clear()


def test_what_is_counted_is_of_the_last_window(acme: object) -> None:
    assert [counters.count_in_window("k", now=60.0 + second, window=60) for second in (0, 1, 2)] == [1, 2, 3]
    # Half of the next window has passed: half of the last one's three are still in view.
    assert counters.count_in_window("k", now=150.0, window=60) == 1 + 1.5


def test_keys_are_counted_apart(acme: object) -> None:
    assert [counters.count_in_window(key, now=0.0, window=60) for key in ("a", "b")] == [1, 1]


def test_a_redis_that_hangs_counts_nothing_and_is_left_alone(acme: object, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.REDIS_TIMEOUT = 0.05
        assert counters.count_in_window("k", now=0.0, window=60) is None
        assert breaker.redis.open()

"""Liveness and readiness, with a database that answers, that is away, and that hangs."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings


@pytest.fixture
def hanging() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://127.0.0.1:{server.getsockname()[1]}/nowhere"


def test_who_has_a_database_is_ready(db: None) -> None:
    assert Client().get("/readyz").json() == {"status": "ok"}


def test_who_has_none_lives_and_is_not_ready() -> None:
    with override_settings(READING_DATABASE_URL="postgresql://127.0.0.1:1/nowhere"):
        assert (Client().get("/healthz").status_code, Client().get("/readyz").status_code) == (200, 503)


def test_who_waits_for_a_database_says_so_in_time(hanging: str) -> None:
    began = time.monotonic()
    with override_settings(READING_DATABASE_URL=hanging):
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    assert time.monotonic() - began < 6

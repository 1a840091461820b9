"""What processes count and tell of themselves, over requests, failures and each other."""

from collections.abc import Iterator

import psycopg
import pytest
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import schema_context
from rest_framework.test import APIClient

from operations import telling, traffic
from operations.models import ProcessReading, ResponseTally
from tenants.models import Tenant


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    traffic.take()
    yield
    traffic.take()


def test_the_middleware_counts_known_hosts_alone(acme: Tenant, ci: APIClient) -> None:
    ci.get("/api/compliance/pr")
    ci.get("/api/compliance/pr", HTTP_IF_NONE_MATCH='W/"x"')
    ci.get("/api/compliance/pr", HTTP_HOST="nobody.localhost")
    ci.get("/healthz")
    taken = traffic.take()
    assert {schema: (one.requests, one.polls, one.errors) for schema, one in taken.items()} == {"acme": (2, 1, 0)}


def forget_processes() -> None:
    """What is committed in the public schema stays otherwise: of this test, and of sites that others have run."""
    with schema_context("public"):
        ResponseTally.objects.all().delete()
        ProcessReading.objects.all().delete()


def test_a_process_tells_through_the_login_role_and_adds_to_what_others_have_told(
    committed: None, request: pytest.FixtureRequest
) -> None:
    now = timezone.now()
    forget_processes()
    request.addfinalizer(forget_processes)
    for _ in range(2):
        traffic.count("acme", milliseconds=3.0, status=503, poll=True)
        telling.tell("web", started_at=now, at=now)
    with schema_context("public"):
        tally = ResponseTally.objects.get(pk="acme")
        reading = ProcessReading.objects.get()
    assert (tally.requests, tally.errors, tally.polls_failed, tally.buckets[2]) == (2, 2, 2, 2)
    assert (reading.kind, reading.pool_max) == ("web", 16)


@override_settings(READING_DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
def test_what_could_not_be_told_is_kept_for_the_next_time() -> None:
    traffic.count("acme", milliseconds=3.0, status=200, poll=False)
    with pytest.raises(psycopg.OperationalError):
        telling.tell("web", started_at=timezone.now(), at=timezone.now())
    assert traffic.take()["acme"].requests == 1

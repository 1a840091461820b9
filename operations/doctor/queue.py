"""Redis, the workers, beat, and what waits for them."""

import time
from collections.abc import Iterator
from datetime import timedelta

import redis
from celery import current_app
from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from compliance.models import Submission
from operations.doctor.findings import Told, fail, ok, warn
from tenants.current import connection
from tenants.models import Tenant

QUEUES = {"inbox", "urgent", "outbox", "alerts"}
OLDEST = (6, 0)
# Beat writes down every three minutes what it has started.
BEAT_LATE, BEAT_GONE = timedelta(minutes=5), timedelta(minutes=10)
_WAIT, _LONG_WAIT = timedelta(minutes=1), timedelta(minutes=5)
_ASK_SECONDS = 2.0


def check_redis() -> Iterator[Told]:
    """It answers, is new enough, throws nothing away, and has our time."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as server:
        try:
            began = time.perf_counter()
            server.ping()
            took = (time.perf_counter() - began) * 1000
            facts = server.info()
        except redis.RedisError as error:
            mend = "Start it, or mend REDIS_URL. Reports are judged by `manage.py inbox` meanwhile."
            yield fail(f"Redis does not answer: {error}", mend)
            return
    version = str(facts.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        yield fail(f"Redis {version} is too old.", "Upgrade to Redis 6 or newer, or Valkey.")
    if facts.get("maxmemory") and facts.get("maxmemory_policy") != "noeviction":
        yield warn(
            f"Redis drops messages when its memory is full ({facts.get('maxmemory_policy')}).",
            "Set maxmemory-policy noeviction; the inbox runner finds what was dropped.",
        )
    name = "Valkey" if facts.get("server_name") == "valkey" else "Redis"
    yield ok(f"{name} {facts.get('valkey_version', version)}, {took:.1f} ms")


def check_workers() -> Iterator[Told]:
    """Somebody works on each queue."""
    with current_app.connection_for_write(connect_timeout=_ASK_SECONDS) as broker:
        found = current_app.control.inspect(timeout=_ASK_SECONDS, connection=broker).active_queues() or {}
    served = {queue["name"] for queues in found.values() for queue in queues}
    for queue in sorted(QUEUES - served):
        mend = f"Start `celery -A config worker -Q {queue}`. `manage.py inbox` does its work meanwhile."
        yield fail(f"No worker answers for the queue {queue}.", mend)
    if served >= QUEUES:
        yield ok(f"{len(found)} answer, for {', '.join(sorted(QUEUES))}")


def check_beat() -> Iterator[Told]:
    """Beat starts what is due."""
    connection.set_schema_to_public()
    last = PeriodicTask.objects.filter(enabled=True).aggregate(last=Max("last_run_at"))["last"]
    mend = "Start `celery -A config beat`: one, with a restarting supervisor."
    if last is None:
        yield fail("Beat has never started anything.", mend)
        return
    ago = timezone.now() - last
    said = f"started something {ago.total_seconds():.0f} s ago"
    yield fail(said, mend) if ago > BEAT_GONE else warn(said, mend) if ago > BEAT_LATE else ok(said)


def check_inboxes() -> Iterator[Told]:
    """No tenant's reports wait for long."""
    connection.set_schema_to_public()
    at, waiting = timezone.now(), 0
    for tenant in Tenant.objects.active():
        with tenant_context(tenant):
            due = Submission.objects.filter(status=Submission.Status.QUEUED, run_after__lte=at)
            received = list(due.order_by("received_at").values_list("received_at", flat=True)[:1000])
        waiting += len(received)
        age = at - received[0] if received else timedelta()
        if age > _WAIT:
            say = fail if age > _LONG_WAIT else warn
            said = f"{tenant.schema_name}: {len(received)} reports wait, the oldest {age.total_seconds():.0f} s."
            yield say(said, "Start `manage.py inbox`, or more workers (docs/operations/load.md).")
    yield ok(f"{waiting} reports wait")

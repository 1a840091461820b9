"""What beat samples, and what ``GET health`` makes of it: of the tenant that asks, and of nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from rest_framework.test import APIClient

from alerts.choices import Tier
from alerts.models import Alert, Delivery
from alerts.services.raising import raise_alert
from compliance.models import PullRequest, Repository, Submission
from core.claims import Claimable
from operations.models import ProcessReading, ResponseTally, Sample, TenantReading
from operations.queries.health import summary
from operations.queries.statements import Statement, came_since, slowest
from operations.services.platform import sample_platform
from operations.services.sampling import prune, sample_tenant
from operations.tasks import sample, sample_everywhere
from tenants.current import connection
from tenants.models import Tenant
from tests import factories

URL = "/api/compliance/health"
MINUTE = timedelta(minutes=1)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_known")]


def turn(at: datetime, *tenants: Tenant) -> None:
    """What beat does in a minute."""
    with schema_context("public"):
        sample_platform(at=at)
    for tenant in tenants:
        with tenant_context(tenant):
            sample_tenant(at=at)


def processes(**readings: tuple[str, int, int, datetime]) -> None:
    """Processes that have told of themselves: kind, connections in use, allowed, when."""
    with schema_context("public"):
        for name, (kind, active, maximum, at) in readings.items():
            ProcessReading.objects.create(
                name=name, kind=kind, started_at=at, at=at, pool_max=maximum, pool_size=active, pool_active=active,
                pool_busy=active / maximum if maximum else 0,
            )  # fmt: skip


def health(client: APIClient) -> dict[str, Any]:
    answer = client.get(URL)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_new_tenant_is_healthy_without_any_sample(ci: APIClient) -> None:
    told = health(ci)
    assert (told["status"], told["warnings"], told["sampledAt"]) == ("healthy", [], None)
    assert set(told["poolMetrics"]) == {"active", "max", "available", "utilization"}
    assert set(told["queryMetrics"]) == {"slowQueries", "p50", "p95", "p99"}
    assert told["poolMetrics"]["active"] + told["poolMetrics"]["available"] == told["poolMetrics"]["max"] > 0


def test_health_tells_of_reports_alerts_and_messages(
    ci: APIClient, acme: Tenant, judge: Callable[..., Any], submit: Callable[..., Submission]
) -> None:
    now = timezone.now()
    for minutes in (1, 2, 3):
        judge(factories.report(), at=now - minutes * MINUTE)
    submit(factories.report(), at=now - timedelta(seconds=30))
    failed = submit(factories.report(), at=now - MINUTE)
    Submission.objects.filter(pk=failed.pk).update(status=Claimable.Status.FAILED, finished_at=now)
    alert = raise_alert(tier=Tier.BLOCK, key="one", title="One", at=now - MINUTE)
    raise_alert(tier=Tier.BLOCK, key="two", title="Two", at=now - MINUTE)
    Alert.objects.filter(pk=alert.pk).update(acknowledged_at=now - MINUTE / 2)
    first, second = Delivery.objects.order_by("pk")[:2]
    Delivery.objects.filter(pk=first.pk).update(status="done", outcome="sent", finished_at=now)
    Delivery.objects.filter(pk=second.pk).update(status="failed", finished_at=now)
    told = health(ci)
    assert (told["queue"]["waiting"], told["queue"]["failed"], told["queue"]["oldestSeconds"] >= 30) == (1, 1, True)
    assert told["evaluationSuccess"] == {"succeeded": 3, "failed": 1, "rate": 0.75}
    assert (told["alertDelivery"]["sent"], told["alertDelivery"]["failed"], told["alertDelivery"]["rate"]) == (
        1,
        1,
        0.5,
    )
    assert told["acknowledgement"] == {"alerts": 2, "acknowledged": 1, "rate": 0.5, "medianSeconds": 30.0}
    assert told["status"] == "degraded"
    assert "1 of 2 alert messages of the last hour could not be delivered." in told["warnings"]


@pytest.mark.parametrize(
    ("waited", "status"), [(50, "healthy"), (90, "degraded"), (400, "unhealthy")], ids=["fresh", "late", "stuck"]
)
def test_a_report_that_waits_makes_it_worse(
    ci: APIClient, submit: Callable[..., Submission], waited: int, status: str
) -> None:
    submit(factories.report(), at=timezone.now() - timedelta(seconds=waited))
    assert health(ci)["status"] == status


@pytest.mark.parametrize(("active", "status"), [(24, "healthy"), (25, "degraded")])
def test_the_pool_is_that_of_all_web_processes(ci: APIClient, active: int, status: str) -> None:
    now = timezone.now()
    gone, worker = ("web", 9, 9, now - timedelta(minutes=2)), ("worker", 16, 16, now)
    processes(one=("web", active, 30, now), other=("web", active, 30, now), gone=gone, worker=worker)
    with override_settings(DATABASE_POOL=None, DATABASE_POOL_MAX=0):  # of this process, which would count, too
        told = health(ci)
    share = round(active / 30, 4)
    pool = {"active": 2 * active, "max": 60, "available": 60 - 2 * active, "utilization": share}
    assert (told["poolMetrics"], told["status"]) == (pool, status)


def test_the_fullest_pool_is_one_that_lends_and_takes_back(acme: Tenant) -> None:
    now = timezone.now()
    processes(web=("web", 3, 10, now), worker=("worker", 4, 5, now), inbox=("inbox", 3, 3, now))
    with schema_context("public"):
        sample_platform(at=now)
        figures = Sample.objects.get().figures
    assert (figures["pool_busy"], figures["pools"]["inbox"]["busy"]) == (0.8, 1.0)


def test_slow_queries_degrade_and_recover_by_what_came_lately(acme: Tenant, ci: APIClient) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for minutes, milliseconds in ((9, 9000.0), (3, 1500.0), (0, 900.0)):
        figures = {"queries": {"calls": 2, "total_ms": 2 * milliseconds, "buckets": [0] * 9 + [2] + [0] * 5}}
        Sample.objects.create(at=now - minutes * MINUTE, figures={**figures, "evaluations": {}, "deliveries": {}})
    told = health(ci)
    assert (told["averageQueryTime"], told["status"]) == (1200.0, "degraded")
    assert told["warnings"] == ["Database queries take 1,200 ms on average."]
    assert 500 < told["queryMetrics"]["p50"] <= 1000
    Sample.objects.filter(at=now - 3 * MINUTE).delete()
    assert health(ci)["status"] == "healthy"


def test_a_beat_that_has_fallen_silent_is_said(ci: APIClient) -> None:
    now = timezone.now()
    processes(beat=("beat", 0, 0, now - timedelta(minutes=20)))
    told = health(ci)
    assert (told["status"], told["warnings"]) == (
        "degraded",
        ["Beat was last heard 20 minutes ago: nothing scheduled happens."],
    )


def test_a_tenant_is_shown_its_own_queries_and_never_anothers(
    acme: Tenant, globex: Tenant, client_for: Callable[..., APIClient]
) -> None:
    now = timezone.now()
    turn(now - MINUTE, acme, globex)
    mine, theirs = "SELECT 4711 AS of_acme, pg_sleep(0.25)", "SELECT 4712 AS of_globex, pg_sleep(0.25)"
    for tenant, statement in ((acme, mine), (globex, theirs)):
        with tenant_context(tenant), connection.cursor() as cursor:
            cursor.execute(statement)
    turn(now, acme, globex)
    for tenant, own, foreign in ((acme, "of_acme", "of_globex"), (globex, "of_globex", "of_acme")):
        with tenant_context(tenant):
            told = health(client_for(tenant, ci_token=factories.ci_token()))
            kept = str(list(Sample.objects.values_list("figures", flat=True)))
        texts = " ".join(query["query"] for query in told["queryMetrics"]["slowQueries"])
        assert (own in texts, foreign in kept, "4711" in texts) == (True, False, False)
        # Entering the next tenant is run by the role of the one before, and names the next one.
        assert "search_path" not in texts
        assert told["queryMetrics"]["p99"] > 0


def test_statements_count_by_what_came_since_and_outlive_a_reset() -> None:
    before = {"1": [10.0, 100.0], "2": [5.0, 5.0]}
    now = [Statement("1", 12, 104.0, 50.0, "SELECT\n 1"), Statement("2", 1, 700.0, 700.0, None)]
    came = came_since(now, before)
    assert (came["calls"], came["total_ms"], sum(came["buckets"])) == (3, 704.0, 3)
    assert slowest(now) == [{"query": "SELECT 1", "calls": 12, "avgTime": 8.67, "maxTime": 50.0}]


def test_a_minute_is_sampled_once_however_many_workers_take_it(acme: Tenant) -> None:
    now = timezone.now()
    turn(now, acme)
    turn(now + timedelta(milliseconds=1), acme)
    assert Sample.objects.count() == 1
    with schema_context("public"):
        assert Sample.objects.count() == 1


def test_answers_are_added_up_over_processes_and_told_apart_by_tenant(
    acme: Tenant, globex: Tenant, client_for: Callable[..., APIClient], ci: APIClient
) -> None:
    now = timezone.now()
    with schema_context("public"):
        ResponseTally.objects.create(schema_name="acme", requests=5, total_ms=50.0, buckets=[0, 0, 0, 5] + [0] * 11)
    turn(now - MINUTE, acme, globex)
    with schema_context("public"):
        ResponseTally.objects.update(
            requests=8, polls=2, polls_failed=1, total_ms=110, buckets=[0, 0, 0, 5, 3] + [0] * 10
        )
    turn(now, acme, globex)
    told = health(ci)
    assert 10 < told["responseMetrics"]["p50"] <= 20
    assert told["polling"] == {"polls": 2, "failed": 1, "rate": 0.5}
    with tenant_context(globex):
        other = health(client_for(globex, ci_token=factories.ci_token()))
    assert (other["responseMetrics"]["p99"], other["polling"]["polls"]) == (0.0, 0)


def test_a_repository_without_reports_for_a_week_is_silent(acme: Tenant, judge: Callable[..., Any]) -> None:
    now = timezone.now()
    judge(factories.report(repository="acme/old"), at=now - timedelta(days=8))
    judge(factories.report(repository="acme/new"), at=now - timedelta(days=6))
    Repository.objects.update(created_at=now - timedelta(days=30))
    Repository.objects.create(name="acme/never")
    assert sample_tenant(at=now)["silent"] == {"acme/old": 8}


def test_the_business_is_counted(acme: Tenant, judge: Callable[..., Any]) -> None:
    now = timezone.now()
    hard = "HARD STOP [Security/R01]: a query without its tenant in a.ts"
    judge(factories.report(deny=[hard], run_id="1", commit_sha="1" * 40), at=now - timedelta(hours=3))
    judge(factories.report(run_id="2", commit_sha="2" * 40), at=now - timedelta(hours=1))
    judge(factories.report(pr_number=2, deny=[hard, hard + " again"]), at=now - MINUTE)
    PullRequest.objects.create(repository=Repository.objects.get(), number=3)
    figures = sample_tenant(at=now)
    assert (figures["pulls"]["seen"], figures["pulls"]["judged"]) == (3, 2)
    assert figures["rules"]["R01"] == {"live": [2, 0, 0], "checks": 3, "passed": 1}
    assert figures["resolution"] == {"fixed": 1, "mean_hours": 2.0, "p90_hours": 2.0}
    assert sum(figures["pulls"]["scores"]) == 2
    assert figures["bytes"] > 100_000


def test_what_changes_slowly_is_looked_at_every_five_minutes(acme: Tenant, judge: Callable[..., Any]) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    sample_tenant(at=now)
    judge(factories.report(), at=now)
    seen = [sample_tenant(at=now + minutes * MINUTE)["pulls"]["seen"] for minutes in (1, 4, 5, 6)]
    assert seen == [0, 0, 1, 1]


def test_samples_do_not_pile_up(acme: Tenant) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for hours in (0, 23, 25, 100):
        Sample.objects.create(at=now - timedelta(hours=hours))
    prune(at=now)
    assert list(Sample.objects.values_list("at", flat=True)) == [now, now - timedelta(hours=23)]


def test_the_overview_reads_one_row(acme: Tenant, submit: Callable[..., Submission]) -> None:
    now = timezone.now()
    assert summary(at=now).status is None
    submit(factories.report(), at=now - timedelta(minutes=2))
    turn(now, acme)
    with CaptureQueriesContext(connection) as captured:
        told = summary(at=now + MINUTE)
    assert ["SET ROLE" in query["sql"] for query in captured] == [True, False]
    assert (told.status, told.waiting, told.delivered) == ("degraded", 1, None)
    assert summary(at=now + timedelta(minutes=10)).status is None


def test_suspended_tenants_are_not_sampled_and_their_figures_go(acme: Tenant, globex: Tenant) -> None:
    now = timezone.now()
    turn(now - MINUTE, acme, globex)
    with schema_context("public"):
        Tenant.objects.filter(pk=globex.pk).update(state=Tenant.State.SUSPENDED)
        sample_platform(at=now)
        assert sorted(TenantReading.objects.values_list("pk", flat=True)) == ["acme", "public"]


def test_beats_task_samples_the_platform_and_tells_the_tenants_workers(acme: Tenant, globex: Tenant) -> None:
    sample_everywhere.apply(throw=True, headers={"_schema_name": "public"})
    sample.apply(throw=True, headers={"_schema_name": "acme"})
    with tenant_context(acme):
        assert Sample.objects.get().figures["health"] == {"status": "healthy", "warnings": []}
    with schema_context("public"):
        figures = Sample.objects.get().figures
        assert (figures["redis"], figures["unreadable"], figures["check"]["ok"]) == (True, "", False)
        roles = {role.rpartition("_")[2]: known for role, known in figures["connections"].items()}
        assert roles["login"]["used"] > 0
        assert {"owner", "monitor", "ingest", "worker", "beat"} <= set(roles)
        assert roles["ingest"]["limit"] == 5
        assert figures["migrations_pending"] == 0
    with tenant_context(globex):
        assert Sample.objects.count() == 0


def test_without_a_monitoring_role_query_times_are_unknown_and_operators_are_told(acme: Tenant) -> None:
    with override_settings(MONITOR_DATABASE_URL=""), schema_context("public"):
        sample_platform(at=datetime.now(UTC))
        assert Sample.objects.get().figures["unreadable"] == "MONITOR_DATABASE_URL is not set."

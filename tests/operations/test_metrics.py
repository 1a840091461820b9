"""``/metrics``: who may read it, what it tells of whom, and that Prometheus reads it, its rules and every panel."""

import itertools
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from accounts.roles import Role
from alerts.choices import Tier
from alerts.models import Alert, Delivery
from alerts.services.raising import raise_alert
from operations.models import ProcessReading, ResponseTally
from operations.services.platform import sample_platform
from operations.services.sampling import sample_tenant
from tenants.models import Tenant
from tests import factories
from tests.clients import TenantClient
from tests.running import wait_until

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_known")]
without_prometheus = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")), reason="needs Prometheus (Debian: prometheus)"
)


@pytest.fixture
def public(acme: Tenant) -> TenantClient:
    """A caller of the public host."""
    with schema_context("public"):
        return TenantClient(Tenant.objects.get(schema_name="public"))


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 403),
        ({"METRICS_TOKEN": "opensesame"}, {}, 403),
        ({"METRICS_TOKEN": "opensesame"}, {"authorization": "Bearer opensesam"}, 403),
        ({"METRICS_TOKEN": "opensesame"}, {"authorization": "Basic opensesame"}, 403),
        ({"METRICS_TOKEN": ""}, {"authorization": "Bearer "}, 403),
        ({"METRICS_TOKEN": "opensesame"}, {"authorization": "Bearer opensesame"}, 200),
        ({"METRICS_ALLOWED_NETWORKS": ["10.0.0.0/8"]}, {}, 403),
        ({"METRICS_ALLOWED_NETWORKS": ["10.0.0.0/8", "127.0.0.0/8"]}, {}, 200),
        ({"METRICS_ALLOWED_NETWORKS": ["10.0.0.0/8"]}, {"x-forwarded-for": "10.1.2.3"}, 403),
        ({"METRICS_ALLOWED_NETWORKS": ["10.0.0.0/8"], "TRUSTED_PROXIES": 1}, {"x-forwarded-for": "10.1.2.3"}, 200),
    ],
)
def test_only_who_knows_the_token_or_is_near_reads_it(
    public: TenantClient, settings: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    with override_settings(**settings):
        assert public.get("/metrics", headers=headers).status_code == status


def test_no_tenants_host_has_it(acme: Tenant, globex: Tenant) -> None:
    with override_settings(METRICS_ALLOWED_NETWORKS=["127.0.0.0/8"]):
        assert [TenantClient(tenant).get("/metrics").status_code for tenant in (acme, globex)] == [404, 404]


def read(public: TenantClient) -> str:
    with override_settings(METRICS_TOKEN="opensesame"):
        answer = public.get("/metrics", headers={"authorization": "Bearer opensesame"})
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def busy(nothing_known: None, acme: Tenant, globex: Tenant, judge: Callable[..., Any]) -> None:
    """Two tenants that have worked, and the processes that they worked in."""
    now = timezone.now()
    hard = "HARD STOP [Security/R01]: a query without its tenant in a.ts"
    factories.user(Role.TENANT_ADMIN, password="long enough")
    judge(factories.report(deny=[hard], run_id="1", commit_sha="1" * 40), at=now - timedelta(hours=3))
    judge(factories.report(run_id="2", commit_sha="2" * 40), at=now - timedelta(minutes=9))
    judge(factories.report(pr_number=2, deny=[hard]), at=now - timedelta(minutes=9))
    raise_alert(tier=Tier.BLOCK, key="one", title="One", at=now)
    Alert.objects.update(acknowledged_at=now)
    Delivery.objects.update(status="done", outcome="sent", finished_at=now)
    with schema_context("public"):
        for kind in ("web", "beat"):
            ProcessReading.objects.create(name=kind, kind=kind, started_at=now, at=now, pool_max=16, pool_busy=0.25)
        for tenant in ("acme", "globex"):
            buckets = [0, 0, 0, 6, 4] + [0] * 10
            ResponseTally.objects.create(schema_name=tenant, requests=10, polls=4, total_ms=90, buckets=buckets)
        sample_platform(at=now)
    for tenant in (acme, globex):
        with tenant_context(tenant):
            sample_tenant(at=now)


@pytest.mark.usefixtures("busy")
def test_it_tells_of_the_platform_and_of_each_tenant(public: TenantClient) -> None:
    lines = set(read(public).splitlines())
    assert {
        'forge_pool_max{kind="web"} 16',
        'forge_pool_utilization_ratio{kind="web"} 0.25',
        'forge_health_state{tenant="globex"} 0',
        'forge_violations_live{tenant="acme",rule="R01",severity="BLOCK"} 1',
        'forge_rule_compliance_ratio{tenant="acme",rule="R01"} 0.3333',
        'forge_resolution_hours{tenant="acme",stat="mean"} 2.85',
        'forge_pulls_open{tenant="acme",verdict="BLOCKED"} 1',
        'forge_pulls_seen{tenant="globex"} 0',
        f'forge_deliveries_hour{{tenant="acme",outcome="sent"}} {Delivery.objects.count()}',
        'forge_http_request_duration_seconds_bucket{tenant="acme",le="0.01"} 6',
        'forge_http_request_duration_seconds_bucket{tenant="acme",le="+Inf"} 10',
        'forge_http_request_duration_seconds_sum{tenant="acme"} 0.09',
        "forge_redis_up{} 1",
    } <= lines, sorted(lines)


@pytest.mark.usefixtures("busy")
def test_no_label_holds_what_people_or_ci_write(public: TenantClient) -> None:
    labels = {pair.partition("=")[0] for line in read(public).splitlines() if "{" in line
              for pair in line.partition("{")[2].rpartition("}")[0].split(",") if pair}  # fmt: skip
    assert labels == {
        "tenant", "rule", "severity", "verdict", "score", "kind", "role", "state", "level", "outcome", "quantile",
        "stat", "le",
    }  # fmt: skip


@pytest.mark.usefixtures("busy")
def test_who_is_no_longer_served_is_no_longer_told_of(public: TenantClient, globex: Tenant) -> None:
    with schema_context("public"):
        Tenant.objects.filter(pk=globex.pk).update(state=Tenant.State.SUSPENDED)
    text = read(public)
    assert ('tenant="acme"' in text, 'tenant="globex"' in text) == (True, False)


@contextmanager
def serving(text: str) -> Iterator[int]:
    """A port that answers with this text, and a poll more each time."""
    polls = itertools.count(5)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = text.replace('polls_total{tenant="acme"} 4', f'polls_total{{tenant="acme"}} {next(polls)}')
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def prometheus(folder: Path, *, target: int) -> Iterator[str]:
    """A real Prometheus that scrapes every half second and evaluates our rules."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "500ms"},
        "rule_files": [str(MONITORING / "rules.yml")],
        "scrape_configs": [{"job_name": "forge", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    process = subprocess.Popen(["prometheus", *arguments], cwd=folder)
    try:
        yield f"http://127.0.0.1:{port}/api/v1/"
    finally:
        process.terminate()
        process.wait(timeout=20)


def queries() -> list[str]:
    """Every query of the dashboard, of all tenants."""
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return [target["expr"].replace("$tenant", ".*") for panel in panels for target in panel.get("targets", [])]


def asked(api: str, query: str) -> list[Any]:
    answer = requests.get(f"{api}query?{urlencode({'query': query})}", timeout=5).json()
    assert answer["status"] == "success", (query, answer)
    found: list[Any] = answer["data"]["result"]
    return found


def reachable(api: str) -> bool:
    try:
        return bool(asked(api, "forge:polling_success_ratio:5m"))
    except requests.RequestException:  # it is starting
        return False


@without_prometheus
@pytest.mark.usefixtures("busy")
def test_prometheus_reads_it_and_finds_something_for_every_rule_and_panel(public: TenantClient, tmp_path: Path) -> None:
    text = read(public)
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
    assert "error" not in checked.stderr, checked.stderr
    with serving(text) as target, prometheus(tmp_path, target=target) as api:
        wait_until(lambda: reachable(api), within=30, what="Prometheus has scraped twice", every=0.2)
        empty = [query for query in queries() if not asked(api, query)]
        assert empty == []
        (group,) = requests.get(f"{api}rules", timeout=5).json()["data"]["groups"]
        rules = group["rules"]
        assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
        assert [rule["name"] for rule in rules if rule.get("state") == "firing"] == []


@without_prometheus
def test_every_alert_is_raised_held_and_over_in_the_rules_own_tests() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "rules_test.yml"], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tested = (MONITORING / "rules_test.yml").read_text()
    rules = (MONITORING / "rules.yml").read_text()
    alerts = {line.split()[-1] for line in rules.splitlines() if "- alert:" in line}
    assert {name for name in alerts if f"alertname: {name}\n" not in tested} == set()

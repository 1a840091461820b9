"""Every page of the console over a tenant as large as they get: server time, queries, and plans."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import psycopg
from django.core.management import call_command
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tenants.utils import tenant_context

from accounts.roles import Role
from accounts.services import ensure_user
from compliance.models import Evaluation, PullRequest, Violation
from overrides.models import OverrideRequest
from tenants.current import connection
from tenants.models import Tenant
from tests.clients import TenantClient
from tests.load.figures import Figure, ms, p95, seconds
from tests.load.plans import large_tables, scanned_tables

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
PULLS = max(1, ROWS // 100)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
GOAL, QUERIES = 0.1, 12
LISTS = (
    "compliance_violation", "compliance_pullrequest", "compliance_rule", "compliance_repository",
    "compliance_evaluation", "compliance_submission", "compliance_statusupdate", "overrides_overriderequest",
    "alerts_alert", "alerts_delivery", "alerts_notification", "audit_auditentry",
)  # fmt: skip
Address = tuple[str, dict[str, Any]]


def figures() -> Iterator[Figure]:
    """One line per page; it holds where it is fast, asks little, and reads no large table from end to end."""
    # A tenant of its own: the others of the bench work in acme.
    with tenant_context(Tenant.objects.get(schema_name="globex")):
        if not PullRequest.objects.exists():
            _fill()
        yield from _walked()


def _walked() -> Iterator[Figure]:
    client, large = _client(), large_tables()
    everything: list[float] = []
    for name, (address, question) in _pages().items():
        taken = sorted(seconds(partial(_get, client, address, question)) for _ in range(ROUNDS + 1))[:ROUNDS]
        everything += taken
        with CaptureQueriesContext(connection) as captured:
            _get(client, address, question)
        asked = [query["sql"] for query in captured if not query["sql"].startswith("SET ")]
        scanned = {table for statement in asked for table in scanned_tables(statement)} & large
        yield Figure(
            f"{ROWS:,} violations, page {name}",
            f"p50 {ms(median(taken))}, p95 {ms(p95(taken))}, {len(asked)} queries"
            + (f", SCANS {', '.join(sorted(scanned))}" if scanned else ""),
            goal=f"p95 < {ms(GOAL)}, at most {QUERIES} queries, no sequential scan of a large table",
            holds=p95(taken) < GOAL and len(asked) <= QUERIES and not scanned,
        )
    yield Figure("all pages", f"p95 {ms(p95(everything))}", goal=f"p95 < {ms(GOAL)}", holds=p95(everything) < GOAL)


def _fill() -> None:
    schema = str(connection.schema_name)
    call_command("seed_scale", schema=schema, violations=ROWS, pulls=PULLS)
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"SET search_path = {schema}")
        owner.execute("VACUUM ANALYZE")


def _pages() -> dict[str, Address]:
    pages: dict[str, Address] = {"overview": (reverse("admin:index"), {})}
    pages |= {name.partition("_")[2]: (reverse(f"admin:{name}_changelist"), {}) for name in LISTS}
    most = Violation.objects.values("rule").annotate(n=Count("pk")).order_by("-n").values_list("rule", flat=True)[0]
    trends, terms = reverse("console:trends"), {"block_weight": 10, "override_weight": 3, "warning_weight": 1}
    pages |= {
        "trends": (trends, {}),
        "trends of a year": (trends, {"range": 365}),
        "trends of a year by day": (trends, {"range": 365, "interval": "day"}),
        "the rule broken most": (reverse("console:rule", args=[most]), {}),
        "what if": (reverse("console:what-if"), {}),
        "what if the threshold were 90": (
            reverse("console:what-if"),
            {**terms, "threshold": 90, "require_complete": "on", "override_waives_threshold": "on"},
        ),
        "what if a rule blocked": (
            reverse("console:what-if"),
            {**terms, "threshold": 70, "require_complete": "on", "rule": most, "tier": "BLOCK"},
        ),
    }
    one: dict[str, Callable[[], Any]] = {
        "compliance_violation": lambda: Violation.objects.live().order_by("-id").first(),
        "compliance_pullrequest": lambda: PullRequest.objects.open().exclude(number=None).order_by("-id").first(),
        "compliance_evaluation": lambda: Evaluation.objects.order_by("-id").first(),
        "overrides_overriderequest": lambda: OverrideRequest.objects.order_by("-id").first(),
    }
    for name, found in one.items():
        if row := found():
            pages[f"one {name.partition('_')[2]}"] = (reverse(f"admin:{name}_change", args=[row.pk]), {})
    return pages


def _client() -> TenantClient:
    tenant = connection.tenant
    assert isinstance(tenant, Tenant)
    client = TenantClient(tenant)
    client.force_login(ensure_user(username="bench-pages", password="x" * 12, role=Role.TENANT_ADMIN))
    client.get(reverse("admin:index"))
    return client


def _get(client: TenantClient, address: str, question: dict[str, Any]) -> None:
    response = client.get(address, question)
    assert response.status_code == 200, (address, response.status_code)

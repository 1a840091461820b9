"""How fast the violation list is among a million rows, in process, and that it never reads them all."""

import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import psycopg
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from accounts.services import ensure_user
from compliance.models import PullRequest
from tenants.current import connection
from tenants.models import Tenant
from tests.clients import TenantAPIClient
from tests.load.figures import Figure, ms, p95, seconds
from tests.load.material import seed_violations

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 40
GOAL = 0.015
URL = "/api/compliance/violations"
Question = dict[str, str]
_random = random.Random(1)
_people = itertools.count()


def figures() -> Iterator[Figure]:
    """One line per filter, 50 rows a page; and a floor, the bare query for a page."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        seed_violations(owner, str(connection.schema_name), count=ROWS)
    floor = [seconds(_bare_page) for _ in range(ROUNDS)]
    everything: list[float] = []
    for name, question in _questions().items():
        client = _client()
        taken = [seconds(partial(_get, client, question())) for _ in range(ROUNDS)]
        everything += taken
        scanned = _scans(client, question())
        yield Figure(
            f"{ROWS:,} violations, {name}",
            f"p50 {ms(median(taken))}, p95 {ms(p95(taken))}" + (", SEQUENTIAL SCAN" if scanned else ""),
            ms(median(floor)),
            median(floor) / median(taken),
            f"p95 < {ms(GOAL)}, no sequential scan",
            p95(taken) < GOAL and not scanned,
        )
    yield Figure("all of them", f"p95 {ms(p95(everything))}", goal=f"p95 < {ms(GOAL)}", holds=p95(everything) < GOAL)


def _questions() -> dict[str, Callable[[], Question]]:
    pulls = list(PullRequest.objects.order_by("?").values_list("repository__name", "number")[:ROUNDS])
    next_pull = itertools.cycle(pulls).__next__

    def a_repository() -> Question:
        return {"repository": next_pull()[0]}

    def a_pull_request() -> Question:
        repository, number = next_pull()
        return {"repository": repository, "pr": str(number)}

    return {
        "unfiltered": dict,
        "by rule": lambda: {"rule": f"R{_random.randint(1, 25):02}"},
        "BLOCK": lambda: {"severity": "BLOCK"},
        "open": lambda: {"status": "OPEN"},
        "overridden": lambda: {"status": "OVERRIDDEN"},
        "open BLOCK of a rule": lambda: {"status": "OPEN", "severity": "BLOCK", "rule": "R01"},
        "by repository": a_repository,
        "by pull request": a_pull_request,
        "by file": lambda: {"file": f"apps/api/src/module-{(n := _random.randint(1, 19999)) % 400}/file-{n}.ts"},
        "by folder": lambda: {"file": f"apps/api/src/module-{_random.randint(1, 399)}/"},
        "by author": lambda: {"author": f"author-{_random.randint(1, 149)}"},
        "by date": lambda: {"first_seen_after": "2024-06-01T00:00:00Z", "first_seen_before": "2024-07-01T00:00:00Z"},
        "repository and severity": lambda: {**a_repository(), "severity": "WARNING"},
    }


def _client() -> TenantAPIClient:
    # A person may ask 100 times a minute: one for each question.
    user: User = ensure_user(username=f"bench-{next(_people)}", password="x" * 12, role=Role.VIEWER)
    tenant = connection.tenant
    assert isinstance(tenant, Tenant)
    client = TenantAPIClient(tenant)
    client.force_authenticate(user)
    return client


def _get(client: TenantAPIClient, question: Question) -> None:
    response = client.get(URL, question)
    assert response.status_code == 200, response.content


def _scans(client: TenantAPIClient, question: Question) -> bool:
    with CaptureQueriesContext(connection) as captured:
        _get(client, question)
    statements = [query["sql"] for query in captured if "compliance_violation" in query["sql"]]
    return any(_scanned(statement) for statement in statements)


def _scanned(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.split('; SET ROLE')[0]}")
        (plan,) = cursor.fetchone()
    text = plan if isinstance(plan, str) else json.dumps(plan)
    return any(
        node.get("Node Type") == "Seq Scan" and node.get("Relation Name") == "compliance_violation"
        for node in _nodes(json.loads(text)[0]["Plan"])
    )


def _nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    yield plan
    for child in plan.get("Plans", []):  # type: ignore[attr-defined]
        yield from _nodes(child)


def _bare_page() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM compliance_violation ORDER BY id DESC LIMIT 50")
        cursor.fetchall()

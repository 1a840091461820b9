"""The demo as a whole: one start, used as a person and a CI job would, and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from operations.processes import tail, take_lock
from tests.running import wait_until

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ENTRY = {"username", "password"}
ROLES = ("compliance_viewer", "compliance_admin", "tenant_admin")


class Demo:
    """A running demo and all that it has printed up to its last line."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        argv = [sys.executable, "-m", "operations.demo", "--port", str(port), "--data", str(data)]
        # As a script starts what it puts into the background: deaf to Ctrl-C.
        argv = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *argv]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.printed = list(self._lines("ready"))
        self.facts_at_start = self.facts

    def _lines(self, last: str) -> Iterator[str]:
        assert self.process.stdout
        for line in self.process.stdout:
            yield line.rstrip()
            if line.startswith(last):
                return
        raise AssertionError(f"the demo ended before it said {last!r}")

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.data / "demo.json").read_text())
        return facts

    def wait_for(self, last: str) -> list[str]:
        """Read on to a line that begins with ``last``."""
        return list(self._lines(last))

    def get(self, tenant: str, path: str, token: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        host = self.facts["tenants"][tenant]["host"]
        connection.request("GET", path, headers={"Host": host, "Authorization": f"Token {token}"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    demo = Demo(tmp_path_factory.mktemp("demo"), port)
    with demo.process:
        yield demo
        demo.process.kill()


def test_every_report_of_ours_gets_a_verdict(demo: Demo) -> None:
    rows = [line.split() for line in demo.printed if "/shop#" in line]
    assert {row[0]: row[1] for row in rows if row[0].startswith("acme")} == {
        "acme/shop#101": "PASS",
        "acme/shop#104": "PASS",
        "acme/shop#107": "PASS",
        "acme/shop#112": "PASS",
        "acme/shop#115": "BELOW_THRESHOLD",
        "acme/shop#118": "PASS",
        "acme/shop#121": "BLOCKED",
        "acme/shop#124": "BLOCKED",
        "acme/shop#127": "BLOCKED",
        "acme/shop#130": "PASS",
        "acme/shop#133": "PASS",
        "acme/shop#136": "PASS",
    }
    assert [row[0] for row in rows if not row[0].startswith("acme")] == [f"globex/shop#{pr}" for pr in (101, 104, 107)]


def test_weeks_lie_behind_the_first_tenant(demo: Demo) -> None:
    assert past_of(demo, "acme") == (41, 35, 16, 4)
    assert past_of(demo, "globex") == (3, 0, 3, 0)


def past_of(demo: Demo, tenant: str) -> tuple[int, ...]:
    """Evaluations, days since the first one, pull requests, and those that have ended."""
    asked = f"""
        SELECT count(*), coalesce(extract(day FROM now() - min(created_at)), 0)::int / 7 * 7,
            (SELECT count(*) FROM {tenant}.compliance_pullrequest WHERE number IS NOT NULL),
            (SELECT count(*) FROM {tenant}.compliance_pullrequest WHERE state <> 'open')
        FROM {tenant}.compliance_evaluation"""
    with psycopg.connect(demo.facts["owner_database_url"]) as owner:
        return tuple(owner.execute(asked).fetchone() or ())


def test_demo_json_is_private_and_complete(demo: Demo) -> None:
    facts = demo.facts
    assert (demo.data / "demo.json").stat().st_mode & 0o777 == 0o600
    assert set(facts) == {"public", "tenants", "database_url", "owner_database_url", "redis_url", "pids"}
    assert set(facts["pids"]) == {
        "web",
        "worker",
        "urgent",
        "outbox",
        "inbox",
        "beat",
        "provision",
        "postgres",
        "redis",
    }
    assert (set(facts["public"]), set(facts["tenants"])) == ({"url", *ENTRY}, {"acme", "globex"})
    for name, tenant in facts["tenants"].items():
        assert tenant["url"] == f"http://{tenant['host']}" == f"http://{name}.localhost:{demo.port}"
        assert {role: set(user) for role, user in tenant["users"].items()} == dict.fromkeys(ROLES, ENTRY)


def test_the_servers_are_where_demo_json_says(demo: Demo) -> None:
    facts = demo.facts
    for url in (facts["database_url"], facts["owner_database_url"]):
        psycopg.connect(url).close()
    with redis.Redis.from_url(facts["redis_url"]) as client:
        assert client.ping()


def test_a_tenants_token_opens_its_own_door_only(demo: Demo) -> None:
    token = demo.facts["tenants"]["acme"]["ci_token"]
    assert demo.get("acme", "/api/compliance/pr", token)[0] == 200
    assert demo.get("globex", "/api/compliance/pr", token)[0] == 401


def test_a_killed_worker_is_replaced_and_said_to_be(demo: Demo) -> None:
    before = demo.facts["pids"]
    os.kill(before["urgent"], signal.SIGKILL)
    demo.wait_for("urgent runs again")
    after = demo.facts["pids"]
    assert {name for name in after if after[name] != before[name]} == {"urgent"}
    os.kill(after["urgent"], 0)


def test_a_tenant_that_the_operator_asks_for_is_built(demo: Demo) -> None:
    ask = "WITH asked AS (INSERT INTO tenants_tenant (uuid, schema_name, name, state, failure) VALUES "
    ask += "(gen_random_uuid(), 'initech', 'Initech', 'requested', '') RETURNING id) "
    ask += "INSERT INTO tenants_domain (domain, tenant_id, is_primary) SELECT 'initech.localhost', id, true FROM asked"
    with psycopg.connect(demo.facts["owner_database_url"], autocommit=True) as owner:
        owner.execute(ask)
    wait_until(lambda: "initech: built" in tail(demo.data / "log" / "provision.log"), within=30, what="initech")


def test_an_interrupted_demo_leaves_nothing_running(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0
    assert not (demo.data / "demo.json").exists()
    # Every process that it started held the lock of the data folder.
    for lock in (demo.data / "lock", demo.data / "postgres" / "lock", demo.data / "valkey" / "lock"):
        os.close(take_lock(lock, patience=0))


def test_a_second_start_knows_the_reports_and_keeps_the_sign_ins(demo: Demo) -> None:
    before = demo.facts_at_start
    again = Demo(demo.data, demo.port)
    with again.process:
        rows = [line for line in again.printed if "/shop#" in line]
        after = again.facts
        past = past_of(again, "acme")
        again.process.terminate()
    assert [row for row in rows if not row.endswith("(posted before)")] == []
    assert past == (41, 35, 16, 4)
    assert (after["public"], after["tenants"]) == (before["public"], before["tenants"])

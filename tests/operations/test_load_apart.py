"""Each kind of process has connections of its own: however busy one kind is, the others answer."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.core.checks import run_checks
from django.test import Client
from psycopg_pool import ConnectionPool, PoolTimeout
from rest_framework.test import APIClient

from accounts.models import User
from config.settings.database import process_kind
from operations.database import BESIDE_LOGIN, CONNECTION_LIMITS, limits_of
from tenants.current import connection
from tenants.models import Tenant

INGEST = os.environ["INGEST_DATABASE_URL"]
CELERY = "/venv/bin/celery"


@pytest.fixture
def full_ingest(acme: Tenant) -> Iterator[list[psycopg.Connection]]:
    """As many reports are judged as may be: every connection of the ingest role is taken."""
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(INGEST)) for _ in range(CONNECTION_LIMITS["ingest"])]


def test_a_full_ingest_leaves_the_dashboard_and_ci_answering(
    full_ingest: list[psycopg.Connection],
    viewer: User,
    browser_for: Callable[..., Client],
    ci: APIClient,
    report: Callable[..., Any],
) -> None:
    with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        psycopg.connect(INGEST)
    assert browser_for(viewer).get("/admin/").status_code == 200
    assert ci.post("/api/compliance/reports", report()).status_code == 202


def test_one_more_report_waits_for_a_connection_and_gets_the_next_one(full_ingest: list[psycopg.Connection]) -> None:
    with ConnectionPool(INGEST, min_size=0, max_size=1, open=True) as pool:
        with pytest.raises(PoolTimeout):
            pool.getconn(timeout=0.1)
        full_ingest[0].close()
        with pool.connection(timeout=20) as freed:
            assert freed.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("kind", BESIDE_LOGIN)
def test_every_kind_works_as_a_tenant_and_reads_nothing_as_itself(acme: Tenant, kind: str) -> None:
    with psycopg.connect(os.environ[f"{kind.upper()}_DATABASE_URL"], autocommit=True) as own:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute("SELECT 1 FROM acme.compliance_rule")
        own.execute(f"SET ROLE {os.environ.get('TENANT_ROLE_PREFIX', 't_')}acme".encode())
        assert own.execute("SELECT count(*) >= 25 FROM acme.compliance_rule").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute("SELECT 1 FROM globex.compliance_rule")
        timeouts = own.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert timeouts.fetchone() == ("1min", "10s")


@pytest.mark.parametrize("kind", BESIDE_LOGIN)
def test_every_kind_passes_the_isolations_checks(acme: Tenant, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = psycopg.conninfo.conninfo_to_dict(os.environ[f"{kind.upper()}_DATABASE_URL"])
    monkeypatch.setattr(connection, "get_connection_params", lambda: stated)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", {"max_size": 1})
    assert run_checks(databases=["default"]) == []


def test_a_pool_that_is_larger_than_its_roles_limit_is_told(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", {"max_size": CONNECTION_LIMITS["login"] + 1})
    assert [message.id for message in run_checks(databases=["default"])] == ["tenants.W006"]


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["/venv/bin/gunicorn", "config.wsgi", "-k", "gthread"], "web"),
        (["manage.py", "success_report"], "web"),
        (["/srv/celery/manage.py", "provision"], "web"),
        (["manage.py", "inbox", "--once"], "inbox"),
        ([CELERY, "-A", "config", "worker"], "ingest"),
        ([CELERY, "-A", "config", "worker", "-Q", "inbox,urgent"], "ingest"),
        (["/lib/celery/__main__.py", "-A", "config", "worker", "--queues=urgent"], "worker"),
        ([CELERY, "-A", "config", "worker", "-Qoutbox,alerts", "-n", "inbox@host"], "worker"),
        ([CELERY, "-A", "config", "beat"], "beat"),
        ([CELERY, "-A", "config", "inspect", "ping"], "web"),
        ([], "web"),
    ],
)
def test_a_process_knows_by_its_command_line_what_it_is(argv: list[str], kind: str) -> None:
    assert process_kind(argv) == kind


@pytest.mark.parametrize(
    ("given", "limits"), [({}, {}), ({"WEB_CONNECTION_LIMIT": "80", "INGEST_CONNECTION_LIMIT": ""}, {"login": 80})]
)
def test_limits_are_settings(given: Mapping[str, str], limits: Mapping[str, int]) -> None:
    assert limits_of(given) == limits


def test_all_limits_together_fit_into_postgresqls_default() -> None:
    assert sum(CONNECTION_LIMITS.values()) <= 97 - 10

"""Fixtures of the whole suite: two tenants built once, the suite's tests inside the first."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accounts import authentication
from accounts.models import User
from accounts.roles import Role
from alerts import defaults as alerts_defaults
from compliance.models import Evaluation, Submission
from tenants import routing
from tenants.current import connection
from tenants.models import Tenant
from tests import engines, factories
from tests.clients import TenantAPIClient, TenantClient
from tests.provisioned import TENANTS
from tests.skips import ListedSkips

PASSWORD = "correct horse"


def pytest_configure(config: pytest.Config) -> None:
    """Continuous integration takes no skip that is not listed."""
    if os.environ.get("FORGE_CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ListedSkips())


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The database is the suite's own already (``tests.engines``); build what an operator would, once."""
    if not engines.is_sown():
        subprocess.run([sys.executable, "-m", "tests.provisioned"], check=True)


@pytest.fixture(scope="session", autouse=True)
def _host_names_stay_known() -> None:
    """Or a test that counts queries counts one more, once a minute."""
    routing.CACHED_SECONDS = 86_400.0
    authentication._PERMISSIONS_SECONDS = 86_400.0


@pytest.fixture
def acme(db: None) -> Tenant:
    """The tenant that tests run in."""
    return tenant_named("acme")


@pytest.fixture
def globex(db: None) -> Tenant:
    """The other tenant."""
    return tenant_named("globex")


@pytest.fixture(autouse=True)
def _in_acme(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that use the database run inside acme and leave nothing in the cache."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")
    connection.set_tenant(tenant_named("acme"))
    yield
    cache.clear()
    connection.set_schema_to_public()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For tests with several connections: what they write is committed, and removed by the owner afterwards."""
    with django_db_blocker.unblock():
        connection.set_tenant(tenant_named("acme"))
        yield
        connection.close()
        connection.set_schema_to_public()
        remove_everything()


@pytest.fixture
def viewer(acme: Tenant) -> User:
    """Someone who reads."""
    return factories.user(Role.VIEWER, password=PASSWORD)


@pytest.fixture
def compliance_admin(acme: Tenant) -> User:
    """Someone who decides and edits rules."""
    return factories.user(Role.COMPLIANCE_ADMIN, password=PASSWORD)


@pytest.fixture
def tenant_admin(acme: Tenant) -> User:
    """Someone who manages users and tokens as well."""
    return factories.user(Role.TENANT_ADMIN, password=PASSWORD)


@pytest.fixture
def ci_token(acme: Tenant) -> str:
    """The secret of a CI token that covers every repository."""
    return factories.ci_token()


@pytest.fixture
def client_for() -> Callable[..., APIClient]:
    """Make an API client that calls a tenant's host: ``client_for(acme, user=…)``, ``client_for(acme, ci_token=…)``."""

    def make(tenant: Tenant, *, user: User | None = None, ci_token: str = "") -> APIClient:
        client = TenantAPIClient(tenant)
        if user is not None:
            client.force_authenticate(user)
        elif ci_token:
            client.credentials(HTTP_AUTHORIZATION=f"Token {ci_token}")
        return client

    return make


@pytest.fixture
def ci(acme: Tenant, ci_token: str, client_for: Callable[..., APIClient]) -> APIClient:
    """A CI job of acme."""
    return client_for(acme, ci_token=ci_token)


@pytest.fixture
def browser_for(acme: Tenant) -> Callable[..., Client]:
    """Make a signed-in browser: ``browser_for(user)``, ``browser_for(user, tenant=globex)``."""

    def make(user: User, *, tenant: Tenant = acme) -> Client:
        client = TenantClient(tenant)
        client.force_login(user)
        return client

    return make


@pytest.fixture
def operator_browser(db: None) -> Client:
    """A platform operator's browser on the public host."""
    public = tenant_named("public")
    connection.set_tenant(public)
    operator = User.objects.create_superuser("operator", password=PASSWORD)
    client = TenantClient(public)
    client.force_login(operator)
    connection.set_tenant(tenant_named("acme"))
    return client


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    """Make the body of a report: ``report(pr_number=7, results=…)``."""
    return factories.report


@pytest.fixture
def submit() -> Callable[..., Submission]:
    """Put a report's body into the inbox: ``submit(report())``."""
    return factories.submit


@pytest.fixture
def judge() -> Callable[..., Evaluation]:
    """Put a report's body into the inbox and process it: ``judge(report())``."""
    return factories.judge


def tenant_named(schema_name: str) -> Tenant:
    before = connection.tenant
    connection.set_schema_to_public()
    try:
        tenant: Tenant = Tenant.objects.get(schema_name=schema_name)
        return tenant
    finally:
        connection.set_tenant(before)


def remove_everything() -> None:
    """Empty every table that tests write, in both tenants."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner, ExitStack() as unguarded:
        for schema in TENANTS:
            unguarded.enter_context(without_audit_triggers(owner, schema))
        # TRUNCATE makes new files for every table and index that is named, filled or not.
        for table in _filled_tables(owner):
            owner.execute(f"DELETE FROM {table}")
        for schema in TENANTS:
            owner.execute(f"UPDATE {schema}.audit_audithead SET sequence = 0, hash = ''")
    for schema in TENANTS:
        connection.set_tenant(tenant_named(schema))
        alerts_defaults.fill_in()
    connection.close()
    connection.set_schema_to_public()


def _filled_tables(owner: psycopg.Connection) -> list[str]:
    kept = ("compliance_rule", "auth_group", "auth_permission", "auth_group_permissions", "django_content_type")
    tables = owner.execute(
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('acme', 'globex') "
        "AND tablename <> ALL(%s)",
        [[*kept, "django_migrations", "audit_audithead"]],
    ).fetchall()
    asked = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for (table,) in tables]
    return [table for (table,) in owner.execute(" UNION ALL ".join(asked)).fetchall()]


@contextmanager
def without_audit_triggers(owner: psycopg.Connection, schema: str) -> Iterator[None]:
    """What only the tables' owner can do to a schema's audit log."""
    tables = [f"{schema}.audit_auditentry", f"{schema}.audit_audithead"]
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in tables:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

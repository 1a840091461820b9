"""Running sites: one for the whole folder, and one with a broker of its own for each test that takes it away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django_tenants.utils import tenant_context

from operations.embedded import PASSING_VALKEY, Valkey
from tenants.models import Tenant
from tests import factories
from tests.chaos.inboxes import TENANTS, waiting
from tests.running import RunningSite


@pytest.fixture(scope="package")
def running_site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Started once: starting a process takes longer than most tests."""
    with RunningSite(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def site(running_site: RunningSite, committed: None) -> Iterator[RunningSite]:
    """A site without reports and messages. What a test starts beside ``web`` may run on for the next test."""
    cache.clear()
    yield running_site
    # Who still works on reports would meet the emptying of the tables.
    if any(waiting(tenant) for tenant in TENANTS):
        running_site.run_only()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A broker that remembers nothing, for the test to take away."""
    with Valkey(tmp_path / "valkey", settings=PASSING_VALKEY) as server:
        yield server


@pytest.fixture
def site_of_valkey(valkey: Valkey, committed: None, tmp_path: Path) -> Iterator[RunningSite]:
    """A site of the test's own whose broker and cache are ``valkey``."""
    with RunningSite(tmp_path, environment={"REDIS_URL": valkey.url}) as running:
        yield running


@pytest.fixture
def tokens(committed: None) -> dict[str, str]:
    """A CI token of each tenant, by its name."""
    made = {}
    for name in TENANTS:
        with tenant_context(Tenant(schema_name=name)):
            made[name] = factories.ci_token()
    return made

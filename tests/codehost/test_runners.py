"""Who delivers: the workers, and without Redis the inbox runner."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django_tenants.utils import tenant_context

from compliance.models import CodeHost, StatusUpdate
from tenants.models import Tenant
from tests import factories
from tests.codehost.payloads import HEAD
from tests.codehost.servers import TOKEN, Answer, CodeHostServer
from tests.codehost.test_outbox import states
from tests.running import RunningSite, wait_until

pytestmark = pytest.mark.long

LOOPBACK = {"OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8"}
NO_REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture
def hosts(committed: None, github_server: CodeHostServer) -> CodeHostServer:
    """Both tenants' GitHub."""
    for name in ("acme", "globex"):
        with tenant_context(Tenant(schema_name=name)):
            CodeHost.objects.create(kind="github", name="GitHub", base_url=github_server.url, token=TOKEN)
    return github_server


def judge_in(*tenants: str) -> None:
    """A verdict in each of these."""
    for name in tenants:
        with tenant_context(Tenant(schema_name=name)):
            factories.judge(factories.report(pr_number=None, commit_sha=HEAD))


def test_the_runner_empties_every_tenants_outbox(hosts: CodeHostServer) -> None:
    judge_in("acme", "globex")
    call_command("inbox", once=True, verbosity=0)
    pages = {status["target_url"].split("/")[2] for status in hosts.statuses}
    assert pages == {"acme.localhost", "globex.localhost"}


def test_without_redis_the_runner_delivers(hosts: CodeHostServer, tmp_path: Path) -> None:
    with RunningSite(tmp_path, runs=("inbox",), environment={**LOOPBACK, **NO_REDIS}):
        judge_in("acme")
        wait_until(lambda: states(hosts) == ["success"], within=15, what="the status is set")


def test_a_worker_delivers_at_once_and_tries_again(hosts: CodeHostServer, tmp_path: Path) -> None:
    hosts.next = [Answer(500)]
    with RunningSite(tmp_path, runs=("outbox",), environment=LOOPBACK):
        judge_in("acme")
        wait_until(lambda: states(hosts) == ["success"], within=15, what="the second attempt sets the status")
        wait_until(lambda: StatusUpdate.objects.get().status == "done", within=5, what="the message is done")

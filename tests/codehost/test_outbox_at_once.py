"""Several workers at one outbox."""

from concurrent.futures import ThreadPoolExecutor

from django_tenants.utils import tenant_context

from compliance.models import CodeHost, StatusUpdate
from tenants.current import connection
from tenants.models import Tenant
from tests import factories
from tests.codehost.servers import TOKEN, CodeHostServer
from tests.codehost.test_outbox import deliver


def test_two_workers_at_once_send_once(committed: None, github_server: CodeHostServer) -> None:
    CodeHost.objects.create(kind="github", name="GitHub", base_url=github_server.url, token=TOKEN)
    for number in range(1, 6):
        factories.judge(factories.report(pr_number=number, commit_sha=str(number) * 40))

    def work() -> None:
        with tenant_context(Tenant(schema_name="acme")):
            deliver()
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work) for _ in range(4)]:
            future.result()
    assert sorted(status["sha"][0] for status in github_server.statuses) == ["1", "2", "3", "4", "5"]
    assert len(github_server.comments) == 5
    assert not StatusUpdate.objects.exclude(status="done").exists()

"""A message that names no tenant, or none that there is, is refused, and the worker goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery, current_app

from compliance.models import Submission
from compliance.services.announcing import INBOX_TASK
from tests.chaos.inboxes import finished
from tests.running import RunningSite, wait_until

Report = Callable[..., dict[str, Any]]
REFUSED = f"Task {INBOX_TASK} names no tenant"


@pytest.mark.parametrize("headers", [{}, {"_schema_name": "public"}, {"_schema_name": "nobody"}], ids=str)
def test_work_without_a_tenant_is_refused_and_the_worker_goes_on(
    site: RunningSite, tokens: dict[str, str], report: Report, headers: dict[str, str]
) -> None:
    site.run_only("worker")
    refused = site.log("worker").count(REFUSED)
    # Past our own application, which would add the tenant.
    Celery.send_task(current_app, INBOX_TASK, queue="inbox", headers=headers)
    wait_until(lambda: site.log("worker").count(REFUSED) > refused, within=30, what="the worker refuses")
    site.post("acme", report(), tokens["acme"])
    wait_until(lambda: finished() == 1, within=30, what="the next report is judged")
    assert Submission.objects.get().attempts == 1

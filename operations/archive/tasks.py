"""Beat's side of retention and archive: a message a tenant, and a bounded piece of work for each."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from core.errors import Conflict
from core.publishing import announce, taken
from operations.archive.running import Outcome, run_archive, run_retention
from tenants.models import Tenant

QUEUE = "housekeeping"
RETENTION, ARCHIVE = "operations.retention", "operations.archive"
AT_ONCE_SECONDS = 10.0
"""Then others that wait for the worker have their turn, and the next message goes on."""
Run = Callable[..., Outcome]
_RUNS: dict[str, Run] = {RETENTION: run_retention, ARCHIVE: run_archive}
logger = logging.getLogger(__name__)


@shared_task(name=f"{RETENTION}_everywhere", fan_out=True)  # type: ignore[untyped-decorator]
def retain_everywhere() -> None:
    """Every night: tell each tenant's worker, and see to the operators' own alerts."""
    _tell_everyone(RETENTION)


@shared_task(name=f"{ARCHIVE}_everywhere", fan_out=True)  # type: ignore[untyped-decorator]
def archive_everywhere() -> None:
    """Every week: the same for what no nightly run has come to."""
    _tell_everyone(ARCHIVE)


@shared_task(name=RETENTION)  # type: ignore[untyped-decorator]
def retain() -> None:
    """A piece of one tenant's nightly run."""
    _go_on(RETENTION)


@shared_task(name=ARCHIVE)  # type: ignore[untyped-decorator]
def archive() -> None:
    """A piece of one tenant's weekly run."""
    _go_on(ARCHIVE)


def _tell_everyone(task: str) -> None:
    for tenant in list(Tenant.objects.active()):
        with tenant_context(tenant):
            announce(task, key=task, queue=QUEUE)
    with schema_context(get_public_schema_name()):
        _run(task, at=timezone.now())


def _go_on(task: str) -> None:
    taken(key=task)
    if not _run(task, at=timezone.now()):
        announce(task, key=task, queue=QUEUE)


def _run(task: str, *, at: datetime) -> bool:
    """Whether the window's run is over."""
    until = time.monotonic() + AT_ONCE_SECONDS
    try:
        return _RUNS[task](at=at, window=at.date(), stopped=lambda: time.monotonic() > until).finished
    except Conflict as busy:
        # A message that came twice, or somebody at a shell: they do the work.
        logger.info("%s", busy.message)
        return True

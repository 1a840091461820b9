"""What beat does every minute: sample the platform, then tell every tenant's worker to sample it."""

import logging

from celery import shared_task
from django.db.utils import Error
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from core.publishing import announce, taken
from operations.archive import tasks as archive_tasks
from operations.queries.samples import platform_points
from operations.services.episodes import calm_of_gone, judge_current_tenant, tell_operators
from operations.services.platform import sample_platform
from operations.services.sampling import prune, sample_tenant
from operations.thresholds import judge_platform, judge_tenant
from tenants.models import Tenant

SAMPLE, EVERYWHERE = "operations.sample", "operations.sample_everywhere"
QUEUE = "alerts"
"""Beside what is sent: a backlog of reports must not keep people from hearing of it."""
logger = logging.getLogger(__name__)
__all__ = ["archive_tasks", "sample", "sample_everywhere"]


@shared_task(name=EVERYWHERE, fan_out=True)  # type: ignore[untyped-decorator]
def sample_everywhere() -> None:
    """The platform's turn, and a message for each tenant's. What is wrong with one stops no other."""
    at = timezone.now()
    with schema_context(get_public_schema_name()):
        if sample_platform(at=at):
            points = platform_points(at=at)
            tell_operators({**judge_platform(points, at=at), **judge_tenant(points[-1].figures)}, at=at)
            prune(at=at)
        tenants = list(Tenant.objects.active())
    calm_of_gone([tenant.schema_name for tenant in tenants], at=at)
    for tenant in tenants:
        with tenant_context(tenant):
            announce(SAMPLE, key=SAMPLE, queue=QUEUE, seconds=50)


@shared_task(name=SAMPLE)  # type: ignore[untyped-decorator]
def sample() -> None:
    """One tenant's turn."""
    taken(key=SAMPLE)
    at = timezone.now()
    try:
        judge_current_tenant(sample_tenant(at=at), at=at)
        prune(at=at)
    except Error:
        logger.exception("the tenant cannot be sampled")

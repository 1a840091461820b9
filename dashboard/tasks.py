"""Writing files, and removing those that were kept long enough."""

from celery import shared_task
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django_tenants.utils import tenant_context

from compliance.models import Violation
from core.errors import Forbidden
from core.publishing import taken
from dashboard.admin.lists import ViewedViolationAdmin
from dashboard.models import Export
from dashboard.services.exports import TASK, announce_exports, remove_expired
from dashboard.writing import write_next
from tenants.models import Tenant


@shared_task(name=TASK)  # type: ignore[untyped-decorator]
def write_exports() -> None:
    """Write one file; while others wait, the tenant goes to the tail of the queue."""
    taken(key=TASK)
    write_next(violations_of)
    if Export.objects.all().due(timezone.now()).exists():
        announce_exports()


@shared_task(name="dashboard.remove_expired_exports", fan_out=True)  # type: ignore[untyped-decorator]
def remove_expired_everywhere() -> None:
    """Every tenant's files whose time is up."""
    for tenant in list(Tenant.objects.active()):
        with tenant_context(tenant):
            remove_expired(at=timezone.now())


def violations_of(export: Export) -> tuple[QuerySet[Violation], bool]:
    """What the list would show who asked, now; and whether the oldest stand first.

    Raises:
        Forbidden: they may not see it any more.
        Invalid: the filters make no sense any more.
    """
    request = HttpRequest()
    request.method, request.GET, request.user = "GET", QueryDict(export.query), export.asked_by
    listing = admin.site._registry[Violation]
    assert isinstance(listing, ViewedViolationAdmin)  # noqa: S101  # this room registers it
    if not export.asked_by.is_active or not listing.has_view_permission(request):
        raise Forbidden("forbidden", "You may not see violations any more.")
    whole = listing.whole(request)
    return whole.queryset, not whole.descending

"""Which tenants are served: the operators' decisions, recorded in the platform's own audit log."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record_entry
from tenants.models import Tenant
from tenants.services import resume_tenant, suspend_tenant


@transaction.atomic
def suspend(tenant: Tenant, *, by: User, at: datetime) -> None:
    """Stop serving a tenant; its data stays.

    Raises:
        Conflict: it is not active.
    """
    suspend_tenant(tenant)
    record_entry(action="tenant.suspended", resource=tenant, by=by, at=at)


@transaction.atomic
def resume(tenant: Tenant, *, by: User, at: datetime) -> None:
    """Serve a suspended tenant again.

    Raises:
        Conflict: it is not suspended.
    """
    resume_tenant(tenant)
    record_entry(action="tenant.resumed", resource=tenant, by=by, at=at)

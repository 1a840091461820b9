"""Telling of locked sign-ins: whose it is, and who looks after people."""

from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.roles import Role, in_tenant_schema
from alerts.choices import Tier
from alerts.services.notices import notify


def tell_of_lock(*, person: User | None, address: str, at: datetime, **signal: Any) -> None:
    """Receiver of ``sign_in_locked``. Guesses at names that nobody has are in the audit log alone."""
    if person is None or not person.is_active:
        return
    may = {"groups__name": Role.TENANT_ADMIN} if in_tenant_schema() else {"is_superuser": True}
    admins = User.objects.filter(is_active=True, **may)
    notify(
        {one.pk: one for one in [person, *admins]}.values(),
        title=f"Signing in as {person} is locked after too many wrong passwords",
        items=["If it was not you, somebody is guessing: choose another password once you are in."],
        facts=[("From", address or "an address that is not known")],
        tier=Tier.OVERRIDE,
        at=at,
    )

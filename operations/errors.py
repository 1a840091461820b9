"""Refusals of several parts of operations."""

from django.conf import settings

from core.errors import DomainError


class NotTheOwnerError(DomainError):
    """This process signs in with a role that may not build or migrate tenants."""


def require_owner() -> None:
    """Go on as the owner only.

    Raises:
        NotTheOwnerError: ``OWNER_DATABASE_URL`` is not set for this process.
    """
    if not settings.OWNER_DATABASE_URL:
        raise NotTheOwnerError("not_the_owner", "Set OWNER_DATABASE_URL: only the owner may create schemas and roles.")

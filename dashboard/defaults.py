"""Who may do what with this room's tables."""

from typing import Any

from accounts.roles import Role, grant, in_tenant_schema


def fill_in(**_: Any) -> None:
    """After each migration of a tenant's schema, the template's included. Repeating changes nothing."""
    if not in_tenant_schema():
        return
    grant(Role.VIEWER, *(f"dashboard.{verb}_savedview" for verb in ("view", "add", "change", "delete")))
    grant(Role.VIEWER, "dashboard.view_export", "dashboard.add_export", "dashboard.delete_export")
    grant(Role.COMPLIANCE_ADMIN, "dashboard.share_savedview")

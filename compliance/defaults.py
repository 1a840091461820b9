"""What every tenant has from the start: the catalogue, and who may do what with this room's tables."""

from typing import Any

from accounts.roles import Role, grant, in_tenant_schema
from compliance.services.rules import sync_rules

READABLE = (
    "rule",
    "repository",
    "pullrequest",
    "submission",
    "evaluation",
    "check",
    "violation",
    "transition",
    "tenantsettings",
    "statusupdate",
    "trend",
)


def fill_in(**_: Any) -> None:
    """After each migration of a tenant's schema, the template's included. Repeating changes nothing."""
    if not in_tenant_schema():
        return
    grant(Role.VIEWER, *(f"compliance.view_{model}" for model in READABLE))
    grant(Role.COMPLIANCE_ADMIN, "compliance.change_rule", "compliance.change_tenantsettings")
    grant(Role.COMPLIANCE_ADMIN, "compliance.change_repository", "compliance.change_submission")
    grant(Role.COMPLIANCE_ADMIN, "compliance.view_codehost", "compliance.change_statusupdate")
    grant(Role.TENANT_ADMIN, "compliance.add_codehost", "compliance.change_codehost")
    grant(
        Role.CI_REPORTER,
        "compliance.add_submission",
        "compliance.view_submission",
        "compliance.view_pullrequest",
        "compliance.change_pullrequest",
    )
    sync_rules()

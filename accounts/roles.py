"""The four roles: Django groups, filled by the rooms that own the permissions."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, TextChoices
from django_tenants.utils import get_public_schema_name

from tenants.current import connection


class Role(TextChoices):
    """Names of the groups. Each of the first three includes the one before."""

    VIEWER = "compliance_viewer", "Viewer"
    COMPLIANCE_ADMIN = "compliance_admin", "Compliance admin"
    TENANT_ADMIN = "tenant_admin", "Tenant admin"
    CI_REPORTER = "ci_reporter", "CI reporter"


_LADDER = [Role.VIEWER, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN]


def grant(role: Role, *permissions: str) -> None:
    """Give ``app.codename`` permissions to a role and to every role that includes it. Repeating changes nothing.

    Called from ``post_migrate`` by the room that owns the permissions, so that a new release's permissions reach
    every tenant with its migration.

    Raises:
        LookupError: a permission does not exist.
    """
    wanted = Q()
    for permission in permissions:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted))
    if len(found) != len(set(permissions)):
        raise LookupError(f"Unknown among {sorted(permissions)}; found {sorted(p.codename for p in found)}.")
    including = _LADDER[_LADDER.index(role) :] if role in _LADDER else [role]
    for name in including:
        group, _ = Group.objects.get_or_create(name=name.value)
        group.permissions.add(*found)


def in_tenant_schema() -> bool:
    """False in the public schema, where there are operators and no roles."""
    return bool(connection.schema_name != get_public_schema_name())


def hand_out_own_permissions(**_: Any) -> None:
    """Users, tokens and what roles may are the tenant administrator's; the audit log is also the compliance admin's."""
    if not in_tenant_schema():
        return
    for role in Role:
        Group.objects.get_or_create(name=role.value)
    grant(Role.VIEWER, "accounts.view_organisation")
    grant(Role.COMPLIANCE_ADMIN, "accounts.change_organisation")
    grant(
        Role.TENANT_ADMIN,
        *(f"accounts.{verb}_user" for verb in ("view", "add", "change")),
        *(f"accounts.{verb}_citoken" for verb in ("view", "add", "change")),
        *(f"accounts.{verb}_issuer" for verb in ("view", "add", "change")),
        "auth.view_group",
    )
    grant(Role.COMPLIANCE_ADMIN, "audit.view_auditentry")

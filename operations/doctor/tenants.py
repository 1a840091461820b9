"""Every tenant: its schema, its role, its migrations, and whether our keys read what it keeps."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import Error
from django_tenants.utils import get_public_schema_name, tenant_context

from audit.chain import sealed
from audit.models import AuditEntry
from core.encryption import EncryptedTextField, SecretUnreadable
from operations.doctor.findings import Told, fail, ok, warn
from tenants.current import connection
from tenants.models import Tenant
from tenants.postgresql_backend.base import role_of
from tenants.versions import needed_migrations

_ROWS_READ = 200
"""Secrets of one kind that are read in each tenant."""
_MAY = """
    SELECT to_regrole(quote_ident(%(role)s)) IS NOT NULL AND pg_has_role(session_user, %(role)s, 'MEMBER'),
        (SELECT array_agg(c.relname::text) FROM pg_class c
         WHERE c.relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND c.relkind = 'r'
         AND NOT has_table_privilege(%(role)s, c.oid, 'SELECT'))
"""
_ROLL_OUT = "Run `manage.py migrate_tenants --resume` as the owner."
_ROLES = "Run `manage.py migrate_tenants` as the owner: it gives every tenant's role its rights again."


def check_migrations() -> Iterator[Told]:
    """Every schema has what this release's code wants of it."""
    tenants = _tenants()
    behind = 0
    for tenant in tenants:
        try:
            with tenant_context(tenant):
                lacking = needed_migrations(tenant.schema_name) - _applied()
        except Error as error:
            behind += 1
            yield fail(f"{tenant.schema_name} cannot be read: {_line(error)}", _ROLES)
            continue
        if lacking or not (tenant.is_migrated or tenant.schema_name == get_public_schema_name()):
            behind += 1
            names = ", ".join(f"{app}.{name}" for app, name in sorted(lacking)[:5]) or "is not marked as migrated"
            yield fail(f"{tenant.schema_name} lacks {len(lacking)} migrations: {names}", _ROLL_OUT)
        elif tenant.rollout == Tenant.Rollout.FAILED:
            yield warn(f"{tenant.schema_name}: its last migration failed: {_line(tenant.rollout_failure)}", _ROLL_OUT)
    connection.set_schema_to_public()
    for tenant in Tenant.objects.requested():
        said = f"{tenant.schema_name} waits to be built. {_line(tenant.failure)}".strip()
        yield (fail if tenant.failure else warn)(said, "Run `manage.py provision` as the owner.")
    if not behind:
        yield ok(f"{len(tenants)} schemas are what this release expects")


def check_tenant_roles() -> Iterator[Told]:
    """Every tenant's role is there, may be assumed, and reads its own tables."""
    tenants, wrong = _tenants(), 0
    connection.set_schema_to_public()
    for tenant in tenants:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role_of(tenant.schema_name)])
            row: Any = (False, None)
            if cursor.fetchone():
                cursor.execute(_MAY, {"role": role_of(tenant.schema_name), "schema": tenant.schema_name})
                row = cursor.fetchone()
        assumable, unreadable = row
        if not assumable:
            wrong += 1
            yield fail(f"The role of {tenant.schema_name} is missing or may not be assumed.", _ROLES)
        elif unreadable:
            wrong += 1
            yield fail(f"The role of {tenant.schema_name} cannot read {', '.join(sorted(unreadable)[:3])}.", _ROLES)
    if not wrong:
        yield ok(f"{len(tenants)} roles, each with rights on its schema")


def check_secrets() -> Iterator[Told]:
    """Our keys read the secrets that tenants keep."""
    read = 0
    for tenant in _tenants():
        with tenant_context(tenant):
            unreadable = []
            for secret, name in _kept(tenant.schema_name):
                read += 1
                try:
                    secret.reveal()
                except SecretUnreadable:
                    unreadable.append(name)
        if unreadable:
            mend = "Put the old key behind the others in FIELD_ENCRYPTION_KEYS, or enter these secrets again."
            yield fail(f"{tenant.schema_name}: cannot be decrypted: {', '.join(unreadable[:5])}", mend)
    yield ok(f"{read} secrets were read")


def check_seals() -> Iterator[Told]:
    """Our keys fit the newest entry of each audit log; `manage.py verify_audit` reads all of it."""
    entries = 0
    for tenant in _tenants():
        with tenant_context(tenant):
            newest = AuditEntry.objects.order_by("-sequence").first()
        entries += newest is not None
        if newest is not None and not sealed(bytes(newest.hash), bytes(newest.seal)):
            mend = "Put the key that sealed it behind the others in AUDIT_KEYS (or SECRET_KEY_FALLBACKS)."
            yield fail(f"{tenant.schema_name}: no key fits the seal of audit entry {newest.sequence}.", mend)
    yield ok(f"the newest entries of {entries} logs")


def _tenants() -> list[Tenant]:
    """The public schema, and every tenant that has one."""
    connection.set_schema_to_public()
    return list(Tenant.objects.built())


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def _kept(schema: str) -> Iterator[tuple[Any, str]]:
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():
        fields = [field for field in model._meta.get_fields() if isinstance(field, EncryptedTextField)]
        if fields and model._meta.db_table in tables:
            yield from _of_model(model, [field.name for field in fields])


def _of_model(model: type[models.Model], names: list[str]) -> Iterator[tuple[Any, str]]:
    for row in model._default_manager.order_by("pk")[:_ROWS_READ]:
        for name in names:
            if secret := getattr(row, name):
                yield secret, f"{model._meta.verbose_name} {row.pk} ({name})"


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300]

"""Fixtures of the audit log's tests."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tenants.current import connection
from tenants.models import Tenant
from tests.conftest import without_audit_triggers
from tests.provisioned import TENANTS


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """A connection of the role that owns every table."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def committed_log(django_db_setup: None, django_db_blocker: Any, owner: psycopg.Connection) -> Iterator[Tenant]:
    """Inside acme, for tests that commit nothing but audit entries: those are removed by the owner afterwards."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        tenant: Tenant = Tenant.objects.get(schema_name="acme")
        connection.set_tenant(tenant)
        yield tenant
        connection.close()
        connection.set_schema_to_public()
    with owner.transaction():
        for schema in TENANTS:
            with without_audit_triggers(owner, schema):
                owner.execute(f"TRUNCATE {schema}.audit_auditentry, {schema}.audit_audithead")
                owner.execute(f"INSERT INTO {schema}.audit_audithead (id, sequence, hash) VALUES (1, 0, '')")

"""Where the chains end."""

import logging
from collections.abc import Iterator
from typing import NamedTuple

from django.db.utils import DatabaseError
from django_tenants.utils import tenant_context

from audit.chain import current_chain
from audit.models import AuditHead
from tenants.current import connection
from tenants.models import Tenant

logger = logging.getLogger(__name__)
_LEAPS = """
    WITH RECURSIVE leap(value) AS (
        (SELECT {field} FROM audit_auditentry ORDER BY {field} LIMIT 1)
        UNION ALL
        SELECT (SELECT {field} FROM audit_auditentry WHERE {field} > value ORDER BY {field} LIMIT 1)
        FROM leap WHERE value IS NOT NULL
    )
    SELECT value FROM leap WHERE value IS NOT NULL
"""


class Head(NamedTuple):
    """The end of one tenant's chain: what is kept outside the database to anchor it."""

    schema_name: str
    chain: str
    """The tenant's UUID, or ``public``."""
    sequence: int
    hash: str
    """Hexadecimal; empty where the log is."""

    @property
    def anchor(self) -> str:
        """As ``verify_audit --anchor`` takes it."""
        return f"{self.hash}@{self.sequence}"


def head() -> Head:
    """Of the current tenant.

    Raises:
        AuditHead.DoesNotExist: somebody has removed it.
    """
    row = AuditHead.objects.get(pk=AuditHead.PK)
    return Head(str(connection.schema_name), current_chain(), row.sequence, bytes(row.hash).hex())


def heads() -> Iterator[Head]:
    """Of every tenant that has a schema, the public one included; read in the public schema, one query a tenant.

    A tenant whose head cannot be read is logged and left out: it must not hide the others'.
    """
    for tenant in logged_tenants():
        try:
            with tenant_context(tenant):
                yield head()
        except (AuditHead.DoesNotExist, DatabaseError):
            logger.exception("audit head of %s cannot be read", tenant.schema_name)


def values_of(field: str) -> list[str]:
    """The different values of an indexed column, by leaping from one to the next: not by reading every entry."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAPS.format(field=connection.ops.quote_name(field)))
        return [value for (value,) in cursor.fetchall()]


def logged_tenants() -> list[Tenant]:
    """Every tenant that has an audit log, the public one included."""
    connection.set_schema_to_public()
    return list(Tenant.objects.built())

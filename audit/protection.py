"""Taking from a schema's role the rights that every other table gives it: the log is only added to."""

from typing import Any

from psycopg import sql

from audit.models import AuditEntry, AuditHead
from tenants.current import connection
from tenants.postgresql_backend.base import role_of

_REVOKED = ((AuditEntry, "UPDATE, DELETE, TRUNCATE"), (AuditHead, "INSERT, DELETE, TRUNCATE"))


def protect(**_: Any) -> None:
    """Revoke them in the current schema, as its owner: after each migration, and whenever its role is given rights.

    The template has no role; its clones are protected when theirs is made.
    """
    revoke_rewriting(str(connection.schema_name))


def revoke_rewriting(schema: str) -> None:
    """Revoke them in a schema. Repeating changes nothing."""
    role = role_of(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
        for model, rights in _REVOKED:
            table = model._meta.db_table
            cursor.execute("SELECT to_regclass(format('%%I.%%I', %s::text, %s::text))", [schema, table])
            if cursor.fetchone() == (None,):
                continue
            statement = sql.SQL(f"REVOKE {rights} ON {{}} FROM {{}}")
            cursor.execute(statement.format(sql.Identifier(schema, table), sql.Identifier(role)))

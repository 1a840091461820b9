"""The database role of a schema: made and given its rights by the owner, when it is built and after each migration."""

from django.conf import settings
from psycopg import sql

from audit.protection import revoke_rewriting
from tenants.current import connection
from tenants.postgresql_backend.base import role_of


def ensure_role(schema: str) -> None:
    """The schema's role, with rights on it alone, that the login roles may assume but do not inherit.

    Repeating it changes nothing, and gives the role its rights on tables that another owner has made since.
    """
    role = role_of(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        exists = cursor.fetchone()
        cursor.execute("SELECT current_setting('server_version_num')::int, current_database()")
        version, database = cursor.fetchone()
    if not exists:
        execute("CREATE ROLE {role} NOLOGIN NOINHERIT", role=role)
    how = " WITH INHERIT FALSE, SET TRUE" if version >= 160000 else ""  # NOINHERIT says it before 16
    execute(f"GRANT {{role}} TO {{login}}{how}", role=role, login=settings.LOGIN_ROLE or f"{database}_login")
    execute("GRANT USAGE ON SCHEMA {schema} TO {role}", schema=schema, role=role)
    for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
        names = {"schema": schema, "role": role}
        execute(f"GRANT {rights} ON ALL {kind} IN SCHEMA {{schema}} TO {{role}}", **names)
        execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {rights} ON {kind} TO {{role}}", **names)
    revoke_rewriting(schema)


def execute(statement: str, **names: str) -> None:
    """Run a statement whose placeholders are names of schemas, roles or tables."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))

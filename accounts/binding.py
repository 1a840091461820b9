"""What binds a session or token to its tenant."""

from tenants.current import connection


def tenant_id() -> str:
    """The current tenant's UUID, or ``public`` on the public host. Unlike a schema's name it is never used again."""
    uuid = getattr(connection.tenant, "uuid", None)
    return str(uuid) if uuid and connection.schema_name != "public" else "public"

"""The database backend: every statement runs in one schema and under one role.

``search_path`` says which tables a name means; the role says which tables may be touched at all, so that even
raw SQL that names another tenant's table is refused by the database. Both are sent as one message before each
cursor, and if either fails the work stops.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import Error
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name, quote_schema_name


def role_of(schema_name: str) -> str:
    """The PostgreSQL role that has rights on this schema alone."""
    return f"{settings.TENANT_ROLE_PREFIX}{schema_name}"


class DatabaseWrapper(base.DatabaseWrapper):
    """django-tenants' backend, with a role per tenant.

    ``"ASSUME_TENANT_ROLE": False`` in the database's settings leaves the role alone: the owner's connection, which
    migrates and provisions, needs its own rights.
    """

    _setting_search_path: bool

    def _get_cursor_search_paths(self) -> list[str]:
        """One schema and the extensions; never ``public`` behind a tenant, and temporary objects last."""
        base._check_schema_name(self.schema_name)
        return [self.schema_name, "extensions", "pg_temp"]

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path:
            return
        if not self.schema_name:
            raise ImproperlyConfigured("No schema is set: every statement must know its tenant.")
        # An aborted transaction refuses every statement until it is rolled back: nothing can leak, and asking for
        # the switch would hide the error that aborted it.
        if self.connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            self.search_path_set_schemas = None
            return
        self._setting_search_path = True
        setting_cursor = self.connection.cursor() if cursor is None else cursor
        try:
            # Whatever goes wrong is raised: the next statement would run as the tenant before.
            setting_cursor.execute(self._entering_statement())
            self.search_path_set_schemas = self._get_cursor_search_paths()
        except (Error, psycopg.Error):
            self.search_path_set_schemas = None
            raise
        finally:
            self._setting_search_path = False
            if cursor is None:
                setting_cursor.close()

    def _entering_statement(self) -> str:
        path = ",".join(quote_schema_name(name) for name in self._get_cursor_search_paths())
        if not self.settings_dict.get("ASSUME_TENANT_ROLE", True):
            return f"SET search_path = {path}"
        role = quote_schema_name(role_of(self.schema_name or get_public_schema_name()))
        return f"SET search_path = {path}; SET ROLE {role}"

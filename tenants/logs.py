"""Every log record knows whose work it is of. Imports no model: logging is set up before the applications are."""

import logging

from django.db import connection


class TenantLogFilter(logging.Filter):
    """Put the tenant's schema on every log record, as ``record.tenant``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always let the record through."""
        record.tenant = getattr(connection, "schema_name", None) or "-"
        return True

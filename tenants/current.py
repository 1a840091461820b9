"""The connection, typed as what it is: the one that switches tenants."""

from typing import cast

from django.db import connection as _connection

from tenants.postgresql_backend.base import DatabaseWrapper

connection = cast(DatabaseWrapper, _connection)

"""``manage.py migrate`` is ``migrate_schemas``, here as in django-tenants."""

from operations.management.commands.migrate_schemas import Command as Command

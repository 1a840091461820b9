"""The Celery application: every message carries its tenant, and work without one is refused."""

import os
from typing import Any

from django.db import connection
from django_tenants.utils import get_public_schema_name
from tenant_schemas_celery.app import CeleryApp, get_schema_name_from_task
from tenant_schemas_celery.task import TenantTask as BaseTenantTask

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")


class TenantTask(BaseTenantTask):
    """A task of one tenant. ``fan_out=True`` marks the few that beat starts in public to start one a tenant."""

    abstract = True
    fan_out = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse to run without a tenant: the work would land in the public schema."""
        schema = get_schema_name_from_task(self, kwargs)
        # Where there is no such tenant (any more), the connection has stayed in public.
        entered = getattr(connection, "schema_name", "") == schema != get_public_schema_name()
        if not (entered or self.fan_out):
            raise PermissionError(f"Task {self.name} names no tenant that is there, and is not a fan-out task.")
        return super().__call__(*args, **kwargs)


app = CeleryApp("forge_console", task_cls=TenantTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

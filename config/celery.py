"""The Celery application: every message carries its tenant, and work without one is refused."""

import gc
import logging
import os
from typing import Any

from celery.signals import worker_process_init, worker_ready
from django.db import connection
from django_tenants.utils import get_public_schema_name
from tenant_schemas_celery.app import CeleryApp, get_schema_name_from_task
from tenant_schemas_celery.task import TenantTask as BaseTenantTask

logger = logging.getLogger(__name__)
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
        if not self.fan_out and _waits_for_migration(schema):
            # Nothing is lost: a message is a hint, the work is a row, and is found once the tenant is migrated.
            logger.warning("task %s is left for later: the tenant %s is not migrated", self.name, schema)
            return None
        return super().__call__(*args, **kwargs)


def _waits_for_migration(schema: str) -> bool:
    """Asks the database only where what is remembered of the tenant says so: that may be over."""
    from tenants.services import waits_for_migration

    tenant = getattr(connection, "tenant", None)
    return not getattr(tenant, "is_migrated", False) and waits_for_migration(schema)


def _freeze(**signal: Any) -> None:
    """What is there by now stays: looking through it, the garbage collector took a tenth of a large report's time."""
    gc.freeze()


worker_ready.connect(_freeze)
worker_process_init.connect(_freeze)

app = CeleryApp("forge_console", task_cls=TenantTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

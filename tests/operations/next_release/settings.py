"""The product of tomorrow: one more application in every tenant."""

from config.settings import local
from config.settings.local import *  # noqa: F403

TENANT_APPS = [*local.TENANT_APPS, "tests.operations.next_release"]
INSTALLED_APPS = [*local.INSTALLED_APPS, "tests.operations.next_release"]
RELEASE = "tomorrow"

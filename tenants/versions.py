"""Which state of a schema this release's code expects: told by the names of the migrations that nothing follows.

A tenant remembers every state that it has gone through. So processes of the release before go on serving it after its
migration (a migration only adds; what is unused is removed two releases later), and those of the new release wait
until it has come as far as they need it.
"""

import hashlib
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import get_public_schema_name

LENGTH = 16
"""Of a version, in characters."""


@cache
def needed_migrations(schema: str) -> frozenset[tuple[str, str]]:
    """Application and name of every migration that this code wants applied in a schema.

    Args:
        schema: the public one has other applications than the tenants', which all have the same.
    """
    names = settings.SHARED_APPS if schema == get_public_schema_name() else settings.TENANT_APPS
    labels = {config.label for config in apps.get_app_configs() if config.name in _modules(names)}
    return frozenset((app, name) for app, name in _loader().graph.nodes if app in labels)


@cache
def version_of(schema: str) -> str:
    """The state that this code expects of the public schema, or of a tenant's."""
    leaves = sorted(node for node in _loader().graph.leaf_nodes() if node in needed_migrations(schema))
    return hashlib.sha256(repr(leaves).encode()).hexdigest()[:LENGTH]


def tenant_version() -> str:
    """The state that this code expects of every tenant's schema."""
    return version_of("")


@cache
def _loader() -> MigrationLoader:
    # Without a connection: the files say what the code wants, whatever a database has.
    return MigrationLoader(None, ignore_no_migrations=True)


def _modules(names: list[str]) -> set[str]:
    """An entry of INSTALLED_APPS names a package, or the class that configures it."""
    return {name.rpartition(".apps.")[0] or name for name in names}

"""Who is served: tenants and the host names they answer to. Lives in the public schema alone."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

from tenants.versions import LENGTH, tenant_version

TEMPLATE_SCHEMA = "tenant_template"

validate_schema_name = RegexValidator(
    # 40 characters, so that the role's name, prefix included, stays within PostgreSQL's 63.
    r"\A[a-z][a-z0-9_]{0,39}\Z",
    "Use up to 40 lower-case letters, digits and underscores, a letter first.",
)
RESERVED = {"public", "extensions", "information_schema", TEMPLATE_SCHEMA}


def validate_not_reserved(schema_name: str) -> None:
    """Refuse the names that the database or the product uses itself."""
    if schema_name in RESERVED or schema_name.startswith("pg_"):
        raise ValidationError(f"{schema_name} is reserved.")


class TenantQuerySet(models.QuerySet["Tenant"]):
    """Questions about tenants."""

    def active(self) -> Self:
        """Tenants that are served, the public schema aside: neither suspended nor behind this release."""
        served = self.filter(state=Tenant.State.ACTIVE).exclude(schema_name="public")
        return served.migrated().order_by("schema_name")

    def migrated(self) -> Self:
        """Tenants whose schema is, or once was, what this release's code expects of it."""
        return self.filter(schema_versions__contains=[tenant_version()])

    def built(self) -> Self:
        """Tenants that have a schema of their own and keep it, and the public one."""
        return self.filter(state__in=[Tenant.State.ACTIVE, Tenant.State.SUSPENDED]).order_by("schema_name")

    def requested(self) -> Self:
        """Tenants that were asked for and wait for ``manage.py provision``, the longest wait first."""
        return self.filter(state=Tenant.State.REQUESTED).order_by("created_at", "pk")


class Tenant(TenantMixin):
    """An organisation with a schema and a database role of its own."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        DELETING = "deleting", "Deleting"
        TEMPLATE = "template", "Template"

    class Rollout(models.TextChoices):
        """What became of the last migration of its schema."""

        NONE = "", "Not migrated yet"
        MIGRATING = "migrating", "Being migrated"
        DONE = "done", "Migrated"
        FAILED = "failed", "Failed"

    # Web and workers cannot create schemas: a saved row only asks for one.
    auto_create_schema = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schema_name = models.CharField(max_length=40, unique=True, validators=[validate_schema_name, validate_not_reserved])
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    failure = models.TextField(blank=True, editable=False, help_text="Why provisioning failed the last time.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # What `manage.py migrate_tenants` knows of the schema. With defaults of the database's: processes of the release
    # before write rows without these columns.
    schema_versions = ArrayField(models.CharField(max_length=LENGTH), default=list, db_default=[], editable=False)
    schema_release = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    rollout = models.CharField(
        max_length=10, blank=True, choices=Rollout, default=Rollout.NONE, db_default="", editable=False
    )
    rollout_at = models.DateTimeField(null=True, editable=False)
    rollout_failure = models.TextField(blank=True, default="", db_default="", editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_migrated(self) -> bool:
        """Whether this release's code can work in its schema."""
        return tenant_version() in self.schema_versions


class Domain(DomainMixin):
    """A host name, without the port, that a tenant answers to."""

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return str(self.domain)

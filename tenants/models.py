"""Who is served: tenants and the host names they answer to. Lives in the public schema alone."""

import uuid
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

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
        """Tenants that are served, the public schema aside."""
        return self.filter(state=Tenant.State.ACTIVE).exclude(schema_name="public").order_by("schema_name")

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

    # Web and workers cannot create schemas: a saved row only asks for one.
    auto_create_schema = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schema_name = models.CharField(max_length=40, unique=True, validators=[validate_schema_name, validate_not_reserved])
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    failure = models.TextField(blank=True, editable=False, help_text="Why provisioning failed the last time.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name, without the port, that a tenant answers to."""

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return str(self.domain)

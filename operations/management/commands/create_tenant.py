"""``manage.py create_tenant``: ask for a tenant."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from operations.provisioning import request_tenant
from tenants.current import connection
from tenants.models import Tenant


class Command(BaseCommand):
    """Takes the place of django-tenants' command, which would create the schema itself."""

    help = "Ask for a tenant. `manage.py provision` builds it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("schema_name", help="Lower-case letters, digits and underscores, a letter first.")
        parser.add_argument("--name", help="What people call it; the schema name otherwise.")
        parser.add_argument("--domain", required=True, help="The host name it answers to, without a port.")
        parser.add_argument("--if-missing", action="store_true", help="Do nothing where the tenant exists.")

    def handle(
        self, *args: Any, schema_name: str, name: str | None, domain: str, if_missing: bool, **options: Any
    ) -> None:
        connection.set_schema_to_public()
        if if_missing and Tenant.objects.filter(schema_name=schema_name).exists():
            self.stdout.write(f"{schema_name}: exists")
            return
        try:
            request_tenant(schema_name=schema_name, name=name or schema_name, domain=domain)
        except DomainError as error:
            raise CommandError(error.message) from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{schema_name}: requested. Run `manage.py provision` as the owner to build it.")

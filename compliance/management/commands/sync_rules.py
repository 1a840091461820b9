"""``manage.py sync_rules``: bring tenants' rules up to the catalogue."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from compliance.services.rules import sync_rules
from core.errors import DomainError
from tenants.models import Tenant


class Command(BaseCommand):
    """Also runs by itself after every migration of a tenant."""

    help = (
        "Load the catalogue's rules into every tenant, or one. What a tenant has edited stays. Refused where the "
        "catalogue and the policies' own annotations differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="Schema name of one tenant; all active ones otherwise.")

    def handle(self, *args: Any, tenant: str | None, **options: Any) -> None:
        tenants = Tenant.objects.active()
        if tenant:
            tenants = tenants.filter(schema_name=tenant)
            if not tenants:
                raise CommandError(f"There is no active tenant {tenant}.")
        for each in tenants:
            with tenant_context(each):
                self.stdout.write(f"{each.schema_name}: {self._synced()} rules changed")

    def _synced(self) -> int:
        try:
            return sync_rules()
        except DomainError as error:
            raise CommandError(error.message) from error

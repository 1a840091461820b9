"""``manage.py rebuild_trends``: count days anew, of one tenant or of all."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from accounts.roles import in_tenant_schema
from compliance.services.trends import begin_rebuild, countable_from, go_on_with, today_of
from core.errors import DomainError
from tenants.current import connection
from tenants.models import Tenant


class Command(BaseCommand):
    """Repeating changes nothing; one that was stopped goes on where it was when it is started with the same span."""

    help = "Count days of trends anew from the rows that there are, and show how far it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=day, help="the first day; default: the first that can be")
        parser.add_argument("--to", dest="last", type=day, help="the last day; default: today")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--schema", action="append", default=[], help="a tenant; may stand more than once")
        which.add_argument("--all", action="store_true", help="every active tenant (the default)")

    def handle(self, *args: Any, first: date | None, last: date | None, schema: list[str], **options: Any) -> None:
        refused = []
        for tenant in _tenants(schema):
            with tenant_context(tenant):
                try:
                    self._rebuild(tenant.schema_name, first, last)
                except DomainError as error:
                    refused.append(f"{tenant.schema_name}: {error.message}")
        if refused:
            raise CommandError("\n".join(refused))

    def _rebuild(self, name: str, first: date | None, last: date | None) -> None:
        at = timezone.now()
        rebuild = begin_rebuild(first or countable_from(at), last or today_of(at), at=at)
        total = (rebuild.last - rebuild.first).days + 1
        if rebuild.next > rebuild.first:
            self.stdout.write(f"{name}: going on at {rebuild.next}")
        for counted, rows in go_on_with(rebuild, at=at):
            number = (counted - rebuild.first).days + 1
            self.stdout.write(f"{name}: {counted} has {rows} rows ({number} of {total} days)")


def day(text: str) -> date:
    """A day as it stands on the command line; argparse names this function where it is none."""
    return date.fromisoformat(text)


def _tenants(schemas: list[str]) -> list[Tenant]:
    if not schemas and in_tenant_schema():
        tenant = connection.tenant
        return [tenant] if isinstance(tenant, Tenant) else []
    with schema_context(get_public_schema_name()):
        active = list(Tenant.objects.active().order_by("schema_name"))
    unknown = set(schemas) - {tenant.schema_name for tenant in active}
    if unknown:
        raise CommandError(f"There is no such tenant: {', '.join(sorted(unknown))}.")
    return [tenant for tenant in active if not schemas or tenant.schema_name in schemas]

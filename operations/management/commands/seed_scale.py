"""``manage.py seed_scale``: a tenant as large as they get."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context
from psycopg import sql

from core.errors import DomainError
from operations.scale.seeding import count_days, fill
from operations.scale.skew import Sizes
from tenants.models import Tenant


class Command(BaseCommand):
    """For an empty tenant. The same seed, sizes and end make the same rows."""

    help = "Fill an empty tenant with a year of pull requests, violations and trends, skewed as real ones are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--schema", required=True, help="the tenant, which must be empty")
        parser.add_argument("--seed", type=int, default=1, help="of chance; the same makes the same")
        parser.add_argument("--until", type=datetime.fromisoformat, help="when it ends; default: now")
        for name, default in Sizes._field_defaults.items():
            parser.add_argument(f"--{name}", type=int, default=default, help=f"how many; default: {default:,}")

    def handle(self, *args: Any, schema: str, until: datetime | None, **options: Any) -> None:
        with schema_context(get_public_schema_name()):
            tenant = Tenant.objects.active().filter(schema_name=schema).first()
        if tenant is None:
            raise CommandError(f"There is no such tenant: {schema}.")
        sizes, began = Sizes(**{name: options[name] for name in Sizes._fields}), time.monotonic()
        if min(sizes) < 1:
            raise CommandError("At least one of everything.")
        at = until or timezone.now()
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.get_current_timezone())
        with tenant_context(tenant):
            try:
                self._say(fill(sizes, seed=options["seed"], at=at), began)
            except DomainError as error:
                raise CommandError(error.message) from error
        # Before the days are counted, which takes plans, and after.
        self._analyse(schema)
        with tenant_context(tenant):
            self._say(count_days(sizes, at=at), began)
        self._analyse(schema)

    def _say(self, steps: Iterator[tuple[str, int, int]], began: float) -> None:
        for what, number, total in steps:
            self.stdout.write(f"{number:,} of {total:,} {what}, {time.monotonic() - began:.0f} s")

    def _analyse(self, schema: str) -> None:
        """What autovacuum would do in a while: without it the planner knows nothing of so many new rows."""
        if not settings.OWNER_DATABASE_URL:
            self.stdout.write("Set OWNER_DATABASE_URL and I vacuum too; autovacuum will, in a while.")
            return
        with psycopg.connect(settings.OWNER_DATABASE_URL, autocommit=True) as owner:
            owner.execute("SET statement_timeout = 0")
            tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
            for (table,) in tables:
                owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(schema, table)))
        self.stdout.write("Vacuumed.")

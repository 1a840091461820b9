"""``manage.py verify_audit``: prove that nobody has rewritten the audit logs, or say where they did."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import DatabaseError
from django_tenants.utils import tenant_context

from audit.queries import logged_tenants
from audit.verification import Verified, verify_chain
from tenants.models import Tenant

_PROGRESS_STEP = 100_000
_ANCHOR = re.compile(r"([0-9a-fA-F]{64})@([1-9][0-9]{0,18})")


class Command(BaseCommand):
    """Works as any role that may read the logs, beside everything that adds to them."""

    help = "Verify the hash chains of all tenants' audit logs. Exit code 1 where one does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--schema", help="Only this tenant's (public: the operators').")
        parser.add_argument(
            "--anchor",
            type=_anchor,
            action="append",
            default=[],
            metavar="HASH@SEQ",
            help="A head that was kept outside, from the log line 'audit head'; needs --schema. May be repeated.",
        )

    def handle(self, *args: Any, schema: str | None, anchor: list[tuple[int, str]], **options: Any) -> None:
        if anchor and schema is None:
            raise CommandError("--anchor needs --schema: an anchor belongs to one tenant.")
        tenants = [tenant for tenant in logged_tenants() if schema in (None, tenant.schema_name)]
        if not tenants:
            raise CommandError(f"{schema} is no tenant that has an audit log.")
        broken = [tenant.schema_name for tenant in tenants if not self._holds(tenant, dict(anchor))]
        if broken:
            raise CommandError(f"{len(broken)} of {len(tenants)} audit logs do not hold: {', '.join(broken)}")

    def _holds(self, tenant: Tenant, anchors: dict[int, str]) -> bool:
        name = tenant.schema_name
        try:
            with tenant_context(tenant):
                found = verify_chain(anchors=anchors, progress=lambda read: self._say(name, read))
        except DatabaseError as error:
            # Without its tables a log cannot be said to hold.
            self.stderr.write(f"{name}: cannot be read: {error}")
            return False
        if found.flaw:
            self.stderr.write(f"{name}: TAMPERED WITH: {found.flaw}. {found.entries} entries before it hold.")
            return False
        self.stdout.write(_intact(name, found))
        return True

    def _say(self, name: str, read: int) -> None:
        if read % _PROGRESS_STEP == 0:
            self.stderr.write(f"{name}: {read:,} entries hold so far")


def _intact(name: str, found: Verified) -> str:
    return f"{name}: {found.entries:,} entries hold" + (f", head {found.hash}@{found.entries}" if found.hash else "")


def _anchor(value: str) -> tuple[int, str]:
    match = _ANCHOR.fullmatch(value)
    if match is None:
        raise ArgumentTypeError("64 hexadecimal digits, @, and the entry's number")
    return int(match[2]), match[1].lower()

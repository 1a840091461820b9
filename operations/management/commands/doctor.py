"""``manage.py doctor``: what is wrong with this installation, and how to mend it."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.doctor import configuration, database, outside, queue, tenants
from operations.doctor.findings import Check, Finding, Level, examine

CHECKS = (
    Check("settings", configuration.check_settings),
    Check("addresses", configuration.check_addresses),
    Check("keys", configuration.check_keys),
    Check("static files", configuration.check_static_files),
    Check("storage", configuration.check_storage),
    Check("disk", configuration.check_disk),
    Check("postgresql", database.check_server),
    Check("isolation", database.check_isolation),
    Check("roles", database.check_roles),
    Check("owner and monitor", database.check_owner_and_monitor),
    Check("connections", database.check_connections),
    Check("clock", database.check_clock),
    Check("migrations", tenants.check_migrations),
    Check("tenants' roles", tenants.check_tenant_roles),
    Check("secrets", tenants.check_secrets),
    Check("audit", tenants.check_seals),
    Check("redis", queue.check_redis),
    Check("workers", queue.check_workers),
    Check("beat", queue.check_beat),
    Check("inboxes", queue.check_inboxes),
    Check("mail", outside.check_mail),
)
ON_DEMAND = (Check("code hosts", outside.check_code_hosts), Check("channels", outside.check_channels))
_COLOURS = {Level.OK: "SUCCESS", Level.WARN: "WARNING", Level.FAIL: "ERROR"}


class Command(BaseCommand):
    """Works as any role; with OWNER_DATABASE_URL it looks at the owner, too."""

    help = (
        "Look at configuration, database, tenants, queue, workers, mail, disk; say what is wrong and how to mend it. "
        "Nothing is changed or sent. Exit code 1 where something fails; warnings alone are 0."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs.")
        parser.add_argument("--reach", action="store_true", help="Call every tenant's code hosts and channels, too.")
        parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="For each check (10).")
        names = [check.name for check in (*CHECKS, *ON_DEMAND)]
        parser.add_argument("--only", action="append", choices=names, help="This check; may be said several times.")

    def handle(self, *args: Any, reach: bool, timeout: float, only: list[str] | None, **options: Any) -> None:
        checks = [check for check in (*CHECKS, *ON_DEMAND) if check.name in only] if only else list(CHECKS)
        findings = examine([*checks, *(ON_DEMAND if reach and not only else ())], seconds=timeout)
        if options["json"]:
            self.stdout.write(as_json(findings))
        else:
            self._tell(findings)
        if failed := sum(finding.level == Level.FAIL for finding in findings):
            raise CommandError(f"{failed} {'thing is' if failed == 1 else 'things are'} wrong.")

    def _tell(self, findings: Sequence[Finding]) -> None:
        width = max((len(finding.check) for finding in findings), default=0)
        for finding in findings:
            colour = getattr(self.style, _COLOURS[finding.level])
            self.stdout.write(f"{colour(f'{finding.level:<4}')}  {finding.check:<{width}}  {finding.message}")
            if finding.mend:
                self.stdout.write(f"{'':<4}  {'':<{width}}  → {finding.mend}")
        counts = Counter(finding.level for finding in findings)
        self.stdout.write(", ".join(f"{counts[level]} {level}" for level in Level))


def as_json(findings: Sequence[Finding]) -> str:
    """The findings, the worst level first."""
    worst = next((level for level in (Level.FAIL, Level.WARN) if any(one.level == level for one in findings)), Level.OK)
    return json.dumps({"status": worst, "findings": [finding._asdict() for finding in findings]}, indent=2)

"""``manage.py alert_policies load|dump FILE``: a tenant's alert policies from and to YAML."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from alerts.management.within import within
from alerts.policyfile import MAX_BYTES
from alerts.services.policies import dump_policies, load_policies
from core.errors import DomainError


class Command(BaseCommand):
    """Loading is all or nothing, and is in the audit log as the system's own deed."""

    help = "Load a tenant's alert policies from a YAML file, or dump them into one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["load", "dump"])
        parser.add_argument("file", help="- for standard input or output")
        parser.add_argument("--schema", default="", help="the tenant (public: the operators); not under tenant_command")
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")

    def handle(self, *args: Any, verb: str, file: str, schema: str, dry_run: bool, **options: Any) -> None:
        with within(schema):
            if verb == "dump":
                self._dump(file)
            else:
                self._load(file, dry_run=dry_run)

    def _dump(self, file: str) -> None:
        text = dump_policies()
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text)

    def _load(self, file: str, *, dry_run: bool) -> None:
        text = _read(file)
        try:
            with transaction.atomic():
                changed = load_policies(text, by=None, at=timezone.now())
                transaction.set_rollback(dry_run)
        except DomainError as error:
            lines = [f"{place}: {reason}" for place, reasons in error.errors.items() for reason in reasons]
            raise CommandError("\n".join(lines or [error.message])) from error
        verb = "Would change" if dry_run else "Changed"
        self.stdout.write(f"{verb}: {', '.join(changed)}" if changed else "Nothing differs.")


def _read(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(MAX_BYTES + 1)
        with Path(file).open(encoding="utf-8") as lines:
            return lines.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error

"""``manage.py archive list|verify|restore|run``: what is in the archive, whether it holds, and back with it."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from operations.archive.places import tenants_with_files
from operations.archive.restoring import restore
from operations.archive.running import alone, run_archive
from operations.archive.shelf import Wanted, shelf, verify
from operations.archive.tenants import entered

_LINE = "{:<16} {:<14} {:<10} {:>12} {:>14}  {}"


class Command(BaseCommand):
    """Reading needs nothing but the storage and the database; writing goes on where it broke off."""

    help = "List, verify and restore what left the database, or archive now what is past its time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, about in (
            ("list", "Print tenant, table, date, rows, size and state of each file."),
            ("verify", "Read each file anew. Exit code 1 where one is not what was written."),
            ("restore", "Put rows back that are not there."),
            ("run", "Archive what is past its time; delete nothing."),
        ):
            one = verbs.add_parser(verb, help=about)
            one.add_argument("--tenant", metavar="SCHEMA", required=verb == "restore", help="Only this tenant.")
            if verb != "run":
                one.add_argument("--table", action="append", metavar="NAME", help="Only this table; may be repeated.")
                one.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE", help="From this day.")
                one.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DATE", help="Up to this day.")

    def handle(self, *args: Any, verb: str, tenant: str | None, **options: Any) -> None:
        wanted = Wanted(options.get("table"), options.get("first"), options.get("last"))
        work = {"list": self._list, "verify": self._verify, "restore": self._restore, "run": self._run}[verb]
        if verb == "list":
            self.stdout.write(_LINE.format("TENANT", "TABLE", "DATE", "ROWS", "BYTES", "STATE"))
        names, flaws = set(), 0
        for one in entered(tenant):
            names.add(one.schema_name)
            try:
                flaws += work(one.schema_name, wanted)
            except DomainError as error:
                self.stderr.write(f"{one.schema_name}: {error.message}")
                flaws += 1
        if verb == "list" and tenant is None:
            for name in sorted(set(tenants_with_files()) - names):
                self.stdout.write(f"{name}: files of a tenant that is not there any more")
        if flaws:
            raise CommandError(f"{flaws} failed.")

    def _list(self, name: str, wanted: Wanted) -> int:
        for one in shelf(wanted):
            known = one.manifest
            size = f"{known.size:,}"
            self.stdout.write(_LINE.format(name, known.table, str(known.date), f"{known.rows:,}", size, one.state))
        return 0

    def _verify(self, name: str, wanted: Wanted) -> int:
        files = rows = 0
        broken = []
        for one in shelf(wanted):
            files, rows = files + 1, rows + one.manifest.rows
            if flaw := verify(one, at=timezone.now()):
                broken.append(one.manifest.path)
                self.stderr.write(f"{one.manifest.path}: BROKEN: {flaw}")
        self.stdout.write(f"{name}: {files - len(broken):,} of {files:,} files hold, {rows:,} rows")
        return len(broken)

    def _restore(self, name: str, wanted: Wanted) -> int:
        with alone():
            restored = restore(wanted, at=timezone.now(), say=self.stdout.write)
        for table, difference in sorted(restored.differences.items()):
            self.stdout.write(f"{table}: columns differ: {difference}")
        for table in sorted(restored.rows):
            passed = restored.passed_over[table]
            self.stdout.write(f"{name}: {restored.rows[table]:,} {table} restored, {passed:,} passed over")
        return len(restored.broken)

    def _run(self, name: str, wanted: Wanted) -> int:
        outcome = run_archive(at=timezone.now(), say=lambda line: self.stdout.write(f"{name}: {line}"))
        self.stdout.write(f"{name}: {sum(outcome.archived.values()):,} rows archived and verified")
        return 0

"""What the database says of the inboxes, and a way to stop whoever processes a report just before its commit."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace

import psycopg
from django_tenants.utils import tenant_context

from compliance.models import Submission
from compliance.report import Report
from core.ids import new_id
from tenants.models import Tenant
from tests import factories

TENANTS = ("acme", "globex")
MANY = 10_000
_WRITTEN_LAST = "acme.compliance_version"


def waiting(schema: str = "acme") -> int:
    """How many of a tenant's reports are neither done nor failed."""
    with tenant_context(Tenant(schema_name=schema)):
        return int(Submission.objects.waiting().count())


def finished(schema: str = "acme") -> int:
    """How many of a tenant's reports are done."""
    with tenant_context(Tenant(schema_name=schema)):
        return int(Submission.objects.filter(status=Submission.Status.DONE).count())


def queue_backlog(count: int) -> None:
    """Put so many urgent reports into acme's inbox, each about a pull request of its own, and tell the workers."""
    first = factories.submit(factories.report(pr_number=1), blocking=True)
    report = Report.unpacked(bytes(first.payload))
    with tenant_context(Tenant(schema_name="acme")):
        Submission.objects.bulk_create(
            copy_of(first, replace(report, pr_number=number, run_id=f"backlog-{number}"))
            for number in range(2, count + 1)
        )


def copy_of(submission: Submission, report: Report) -> Submission:
    """Another report that came in at the same time."""
    other = copy(submission)
    other.pk, other.number, other.run_id, other.payload = new_id(), report.pr_number, report.run_id, report.packed()
    return other


def many_messages() -> list[str]:
    """As many different findings as a large report has."""
    return [f"OVERRIDE REQUIRED [Security/R07]: secret {n} in src/file{n}.ts" for n in range(MANY)]


@contextmanager
def held_before_commit() -> Iterator[Callable[[], bool]]:
    """Hold what a report of acme writes last; whoever processes one waits there, all else written, nothing committed.

    Yields:
        Whether somebody has come that far.
    """
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
        owner.execute(f"LOCK TABLE {_WRITTEN_LAST} IN ACCESS EXCLUSIVE MODE")

        def somebody_waits() -> bool:
            query = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
            row = owner.execute(query, [_WRITTEN_LAST]).fetchone()
            return row is not None and row[0] > 0

        yield somebody_waits

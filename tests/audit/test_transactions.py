"""The log and the transactions that it is written in: several connections, everything committed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import transaction

from audit.models import AuditEntry
from audit.services import Deed, record_entries, record_entry
from tenants.current import connection
from tenants.models import Tenant

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DEED = Deed(action="thing.done", resource=("thing", "1", "Thing one"), by=None, at=AT)
WRITERS = 4
ROUNDS = 10


def done() -> AuditEntry:
    return record_entry(action=DEED.action, resource=DEED.resource, by=None, at=AT)


@pytest.mark.usefixtures("committed_log")
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its deed"):
        done()
    assert not AuditEntry.objects.exists()


@pytest.mark.usefixtures("committed_log")
def test_a_deed_that_is_rolled_back_leaves_no_entry_and_no_gap() -> None:
    with transaction.atomic():
        done()
        transaction.set_rollback(True)
    with transaction.atomic():
        assert done().sequence == 1


def at_once(work: Callable[[int], None], tenant: Tenant) -> None:
    """Do it in several threads that start together, each with a connection of its own."""
    barrier = Barrier(WRITERS)

    def worker(number: int) -> None:
        connection.set_tenant(tenant)
        barrier.wait(timeout=10)
        try:
            work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(worker, range(WRITERS)))


@pytest.mark.usefixtures("committed_log")
def test_writers_at_once_make_neither_gap_nor_fork() -> None:
    def write(number: int) -> None:
        for count in range(1, ROUNDS + 1):
            with transaction.atomic():
                record_entries([DEED] * (count if number % 2 else 1))

    at_once(write, connection.tenant)
    stored = list(AuditEntry.objects.order_by("sequence"))
    assert len(stored) == 2 * ROUNDS + 2 * sum(range(1, ROUNDS + 1))
    assert [entry.sequence for entry in stored] == list(range(1, len(stored) + 1))
    assert [bytes(e.previous_hash) for e in stored[1:]] == [bytes(e.hash) for e in stored[:-1]]

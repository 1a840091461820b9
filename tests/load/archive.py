"""How fast a million rows go into the archive, and out of the database, beside a bare COPY of the same rows."""

import os
import resource
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from compliance.models import Violation
from operations.archive import running
from operations.archive.deleting import delete_batch
from operations.archive.kinds import horizons_here, kind_named
from operations.models import ArchiveBatch, ArchiveFile
from tenants.current import connection
from tests import factories
from tests.load.figures import Figure, seconds

DAYS, A_DAY = 10, 50_000
ROWS = 2 * DAYS * A_DAY
GOAL_RATE, GOAL_MIB = 50_000, 512
_SEEDED = """
    WITH numbered AS (SELECT d, n, uuid_of(d, n) AS id FROM generate_series(1, {days}) d, generate_series(1, {rows}) n),
    violations AS (
        INSERT INTO compliance_violation
        SELECT (jsonb_populate_record(v, jsonb_build_object(
            'id', numbered.id, 'fingerprint', md5(numbered.id::text)::uuid, 'status', 'RESOLVED', 'resolution', 'FIXED',
            'file_path', 'apps/api/src/module' || n %% 997 || '/service' || n %% 89 || '.ts', 'line', n %% 400,
            'message', v.message || ' ' || n, 'context', jsonb_build_object('column', n %% 80, 'snippet', md5(n::text)),
            'resolved_at', now() - interval '100 days' - d * interval '1 day', 'resolved_by', 'opa run ' || d))).*
        FROM compliance_violation v, numbered WHERE v.id = %s RETURNING id
    )
    INSERT INTO compliance_transition
    SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'violation_id', violations.id))).*
    FROM compliance_transition t, violations WHERE t.violation_id = %s
"""
# Ascending, as keys of one day are.
_UUID = "(lpad(to_hex({d}), 8, '0') || '00007000' || '8000' || lpad(to_hex({n}), 12, '0'))::uuid"


def figures() -> Iterator[Figure]:
    """Archiving with reading back, its memory, and deleting what is archived."""
    _seed()
    with tempfile.TemporaryDirectory(prefix="forge-bench-") as folder, override_settings(STORAGES=_storages(folder)):
        floor = seconds(_bare_copy)
        before = _peak_mib()
        took = seconds(lambda: running.run_archive(at=timezone.now()))
        grown = _peak_mib() - before
        size = sum(ArchiveFile.objects.values_list("size", flat=True))
        assert sum(ArchiveFile.objects.values_list("rows", flat=True)) >= ROWS
        yield _rate(f"{ROWS:,} rows archived and read back", took, floor)
        yield Figure("memory for it", f"{grown:.0f} MiB", goal=f"≤ {GOAL_MIB} MiB", holds=grown <= GOAL_MIB)
        yield Figure("bytes a row", f"{size / ROWS:.0f}")
        yield _deleted()


def _deleted() -> Figure:
    """A tenth of it: deleting is as fast for each day."""
    day = timezone.now() - timedelta(days=100 + DAYS)
    [batch] = ArchiveBatch.objects.filter(date=day.date())
    at, kind = timezone.now(), kind_named("violations")
    deleted: Counter[str] = Counter()
    took = seconds(lambda: deleted.update(delete_batch(batch, kind, horizons_here(at=at), at)))
    return Figure("archived rows compared and deleted", f"{sum(deleted.values()) / took:,.0f} rows/s")


def _rate(name: str, took: float, floor: float) -> Figure:
    rate = ROWS / took
    floors = f"{ROWS / floor:,.0f} rows/s (bare COPY)"
    return Figure(name, f"{rate:,.0f} rows/s", floors, floor / took, f"≥ {GOAL_RATE:,} rows/s", rate >= GOAL_RATE)


def _storages(folder: str) -> dict[str, Any]:
    archive = {"BACKEND": "operations.archive.places.ArchiveFolder", "OPTIONS": {"location": folder}}
    return settings.STORAGES | {"archive": archive}


def _seed() -> None:
    """Half violations, half their transitions, over ten days."""
    factories.judge(factories.report(pr_number=1, deny=["HARD STOP [Security/R01]: no tenant in apps/a.ts"]))
    first = Violation.objects.get()
    statement = _SEEDED.format(days=DAYS, rows=A_DAY).replace("uuid_of(d, n)", _UUID.format(d="d", n="n"))
    with _owner() as owner:
        owner.execute("SET jit = off")
        owner.execute(statement, [first.pk, first.pk])
        owner.execute("ANALYZE compliance_violation")
        owner.execute("ANALYZE compliance_transition")


def _bare_copy() -> None:
    with _owner() as owner, owner.cursor() as cursor:
        for table in ("compliance_violation", "compliance_transition"):
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for _ in copy:
                    pass


def _owner() -> psycopg.Connection:
    options = f"-c search_path={connection.schema_name}"
    return psycopg.connect(os.environ["OWNER_DATABASE_URL"], options=options)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

"""How fast a large report is processed, beside a bare COPY of the rows that it comes to."""

import itertools
import os
from collections.abc import Iterator
from functools import partial

import psycopg
from django.utils import timezone
from psycopg.types.json import Jsonb

from compliance.models import Submission
from compliance.services.ingest import process
from core.claims import Claimable
from tenants.current import connection
from tests import factories
from tests.load.figures import Figure, beside_floor, seconds
from tests.load.material import big_report

FINDINGS = 10_000
ROUNDS = 5
_runs = itertools.count(1)
_COPIED = ("compliance_violation", "compliance_transition")


def figures() -> Iterator[Figure]:
    """All new, the same again, and a tenth fixed and a tenth new."""
    fresh, same, mixed, floors = [], [], [], []
    for number in range(1, ROUNDS + 1):
        fresh.append(_processed(range(FINDINGS), number))
        floors.append(_bare_copy(number))
        same.append(_processed(range(FINDINGS), number))
        tenth = FINDINGS // 10
        mixed.append(_processed(range(tenth, FINDINGS + tenth), number))
    yield beside_floor(f"{FINDINGS:,} findings, all new", fresh, floors, goal=0.33)
    yield beside_floor("the same again", same, floors)
    yield beside_floor("10 % fixed, 10 % new", mixed, floors)


def _processed(numbers: range, pull_request: int) -> float:
    body = big_report(numbers, run_id=f"bench-{next(_runs)}", pr_number=pull_request)
    submission: Submission = factories.submit(body)
    submission.status, submission.attempts = Claimable.Status.PROCESSING, 1
    submission.save(update_fields=["status", "attempts"])
    return seconds(lambda: process(submission, at=timezone.now()))


def _bare_copy(pull_request: int) -> float:
    """COPY of the rows that the report has just come to, into tables of the same shape without any index."""
    took = 0.0
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner, owner.cursor() as cursor:
        cursor.execute(f'SET search_path = "{connection.schema_name}"')
        for table in _COPIED:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT {FINDINGS}")
            # What COPY takes: made before the clock runs, or the floor would be Python's.
            rows = [tuple(Jsonb(v) if isinstance(v, dict) else v for v in row) for row in cursor.fetchall()]
            assert len(rows) == FINDINGS, (table, len(rows), pull_request)
            cursor.execute(f"DROP TABLE IF EXISTS floor_{table}; CREATE TABLE floor_{table} (LIKE {table})")
            took += seconds(partial(_copy, cursor, f"floor_{table}", rows))
            cursor.execute(f"DROP TABLE floor_{table}")
    return took


def _copy(cursor: psycopg.Cursor, table: str, rows: list[tuple[object, ...]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)

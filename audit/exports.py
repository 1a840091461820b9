"""The log to take along, with its proof: each entry's number, hash, seal, and the hash of the one before."""

import csv
from collections.abc import Iterator
from typing import Any

import orjson
from django.db.models import QuerySet
from django_tenants.utils import tenant_context

from audit.chain import COLUMNS, FACTS, VERSION, stamp
from audit.models import AuditEntry
from core.spreadsheets import harmless
from tenants.models import Tenant

_PAGE = 2_000
PROOF = COLUMNS[len(FACTS) :]


def shape(row: dict[str, Any]) -> dict[str, Any]:
    """An entry as JSON says it, and as it is hashed: the time as text, hashes in hexadecimal."""
    return row | {"at": stamp(row["at"])} | {name: bytes(row[name]).hex() for name in PROOF}


def json_lines(entries: QuerySet[AuditEntry], *, tenant: Tenant, chain: str) -> Iterator[bytes]:
    """``{"version", "chain", "entries": […]}``, oldest first: all that it takes to compute the hashes anew."""
    yield b'{"version":%d,"chain":%s,"entries":[' % (VERSION, orjson.dumps(chain))
    between = b"\n"
    for row in _rows(entries, tenant):
        yield between + orjson.dumps(shape(row))
        between = b",\n"
    yield b"\n]}\n"


def csv_lines(entries: QuerySet[AuditEntry], *, tenant: Tenant, chain: str) -> Iterator[bytes]:
    """The same for spreadsheets. What they would compute is quoted: hashes are verified from JSON."""
    writer: Any = csv.writer(_Echo())
    yield writer.writerow(["chain", *COLUMNS])
    for row in _rows(entries, tenant):
        shaped = shape(row)
        for side in ("before", "after"):
            shaped[side] = "" if shaped[side] is None else orjson.dumps(shaped[side]).decode()
        yield writer.writerow([chain, *(harmless(shaped[name]) for name in COLUMNS)])


class _Echo:
    def write(self, text: str) -> bytes:
        return text.encode()


def _rows(entries: QuerySet[AuditEntry], tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Page by page: a cursor would hold a transaction for as long as somebody downloads.

    What streams is read after the request is over: the tenant is entered for each page.
    """
    after = None
    while True:
        with tenant_context(tenant):
            left = entries if after is None else entries.filter(sequence__gt=after)
            page = list(left.order_by("sequence").values(*COLUMNS)[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]["sequence"]

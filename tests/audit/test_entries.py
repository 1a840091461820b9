"""Adding to the log: in the deed's transaction, chained, and never taken back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from rest_framework.test import APIClient

from accounts.models import CIToken, User
from audit.chain import FACTS, entry_hash, sealed, stamp
from audit.models import AuditEntry, AuditHead
from audit.services import Deed, record_entries, record_entry
from compliance.choices import Severity
from compliance.models import Rule
from core.origin import Origin, coming_from
from tenants.models import Tenant

AT = datetime(2026, 11, 23, 9, 30, 0, 123456, tzinfo=UTC)
NOWHERE = ("thing", "1", "Thing one")
pytestmark = pytest.mark.django_db


def done(action: str = "thing.done", **fields: object) -> AuditEntry:
    return record_entry(action=action, **{"resource": NOWHERE, "by": None, "at": AT, **fields})  # type: ignore[arg-type]


def test_an_entry_says_who_did_what_to_which_resource_when_and_from_where(compliance_admin: User) -> None:
    rule = Rule.objects.get(pk="R01")
    with coming_from(Origin("req-1", "192.0.2.7")):
        done("rule.edited", resource=rule, by=compliance_admin, before={"tier": "BLOCK"}, after={"tier": "WARNING"})
    assert AuditEntry.objects.filter(action="rule.edited").values(*FACTS).get() == {
        "sequence": 2,  # the first says that the person was made
        "at": AT,
        "actor_kind": "user",
        "actor_id": str(compliance_admin.pk),
        "actor": compliance_admin.username,
        "action": "rule.edited",
        "resource_type": "rule",
        "resource_id": "R01",
        "resource": str(rule),
        "before": {"tier": "BLOCK"},
        "after": {"tier": "WARNING"},
        "note": "",
        "request_id": "req-1",
        "address": "192.0.2.7",
    }


def test_a_ci_token_and_the_system_are_actors_too(ci_token: str) -> None:
    token = CIToken.objects.get()
    assert [(e.actor_kind, e.actor_id, e.actor) for e in (done(by=token), done(by=None))] == [
        ("citoken", str(token.pk), str(token)),
        ("system", "", "system"),
    ]


def test_each_entry_holds_the_hash_of_the_one_before_and_the_head_the_last() -> None:
    entries = [*record_entries([Deed(action="a", resource=NOWHERE, by=None, at=AT) for _ in range(3)]), done()]
    stored = list(AuditEntry.objects.order_by("sequence"))
    assert [entry.sequence for entry in stored] == [1, 2, 3, 4]
    assert [bytes(entry.previous_hash) for entry in stored] == [b"", *(entry.hash for entry in entries[:3])]
    assert [(head.sequence, bytes(head.hash)) for head in AuditHead.objects.all()] == [(4, entries[3].hash)]


def test_what_is_read_back_hashes_to_what_was_written(acme: Tenant) -> None:
    odd = {
        "score": Decimal("70.50"),
        "weight": 1e-7,
        "count": 2**70,
        "day": date(2026, 1, 2),
        "at": AT,
        "severity": Severity.BLOCK,
        "ids": {UUID(int=2), UUID(int=1)},
        "nested": [{"b": None, "a": (True, -0.0)}],
        "text": "nul \0, half \ud800, ✓",
        3: b"bytes",
    }
    done(before=odd, after={}, note="\0")
    facts = AuditEntry.objects.values(*FACTS).get()
    entry = AuditEntry.objects.get()
    again = entry_hash({**facts, "at": stamp(entry.at)}, chain=str(acme.uuid), previous=b"")
    assert again == bytes(entry.hash)
    assert sealed(again, bytes(entry.seal))
    assert entry.before == {
        "score": "70.50",
        "weight": "1e-07",
        "count": str(2**70),
        "day": "2026-01-02",
        "at": "2026-11-23T09:30:00.123456Z",
        "severity": "BLOCK",
        "ids": [str(UUID(int=1)), str(UUID(int=2))],
        "nested": [{"a": [True, "-0.0"], "b": None}],
        "text": "nul \ufffd, half \ufffd\ufffd\ufffd, ✓",
        "3": "5 bytes",
    }


def test_secrets_never_stand_in_the_log() -> None:
    entry = done(before={"password": "old"}, after={"password": "new", "nested": {"api_key": "x", "token": ""}})
    assert entry.before == {"password": "(hidden)"}
    assert entry.after == {"nested": {"api_key": "(hidden)", "token": ""}, "password": "(hidden)"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET note = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "INSERT INTO audit_audithead (id, sequence, hash) VALUES (2, 0, '')",
        "DELETE FROM audit_audithead",
        "TRUNCATE audit_audithead",
        "UPDATE audit_audithead SET sequence = 0",
    ],
)
def test_the_database_refuses_the_application_everything_but_adding(statement: str) -> None:
    done()
    with pytest.raises(ProgrammingError, match=r"permission denied|only added to"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize("schema", ["acme", "public", "tenant_template"])
@pytest.mark.parametrize("statement", ["UPDATE {}.{} SET {}={}", "DELETE FROM {}.{}", "TRUNCATE {}.{}"])
def test_triggers_refuse_even_the_tables_owner(owner: psycopg.Connection, schema: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
        owner.execute(statement.format(schema, "audit_auditentry", "note", "''"))


def test_a_request_names_itself_or_is_named(client_for: Callable[..., APIClient], acme: Tenant) -> None:
    client = client_for(acme)
    assert client.get("/nothing", headers={"X-Request-ID": "ci-1187.2"})["X-Request-ID"] == "ci-1187.2"
    made = [client.get("/nothing", headers={"X-Request-ID": bad})["X-Request-ID"] for bad in ("", "a b", "x" * 200)]
    assert len({UUID(name) for name in made}) == 3

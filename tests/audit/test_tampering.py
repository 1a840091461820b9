"""The owner of the tables edits, deletes, reorders, inserts and appends behind the application's back: it is found."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django_tenants.utils import tenant_context

from audit.chain import FACTS, entry_hash, stamp
from audit.models import AuditEntry, AuditHead
from audit.services import Deed, record_entries
from audit.verification import Tampering, verify_chain
from tenants.current import connection
from tenants.models import Tenant
from tests.conftest import without_audit_triggers

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
WRITTEN = 6
Tamper = Callable[..., None]
pytestmark = pytest.mark.usefixtures("committed_log")
_SHIFT = """
    UPDATE audit_auditentry SET sequence = -sequence WHERE sequence {which};
    UPDATE audit_auditentry SET sequence = -sequence {by} WHERE sequence < 0
"""
_COPY = """
    INSERT INTO audit_auditentry SELECT (jsonb_populate_record(e, '{{"sequence": {to}}}')).*
    FROM audit_auditentry e WHERE sequence = {of}
"""
EDITS = {
    "sequence": "sequence = 0",
    "at": "at = at + interval '1 microsecond'",
    "before": "before = 'null'",
    "after": 'after = \'{"tier": "BLOCK"}\'',
    "previous_hash": "previous_hash = hash",
    "hash": "hash = previous_hash",
}


def write(number: int = WRITTEN) -> None:
    before = {"tier": "BLOCK", "packages": ["a", "ü\\n\n\t\v\"'"], "waives": True, "threshold": 70}
    deeds = [
        Deed(action=f"rule.edited.{n}", resource=("rule", f"R{n:02}", "Rule"), by=None, at=AT, before=before, after={})
        for n in range(1, number + 1)
    ]
    with transaction.atomic():
        record_entries(deeds)


@pytest.fixture
def tamper(owner: psycopg.Connection) -> Tamper:
    """Do something to the log as the owner, who first takes the triggers away."""
    write()

    def run(statements: str, parameters: tuple[Any, ...] | None = None) -> None:
        with owner.transaction(), without_audit_triggers(owner, "acme"):
            owner.execute("SET LOCAL search_path = acme")
            owner.execute(statements, parameters)

    return run


def found(**options: Any) -> tuple[int, Tampering] | None:
    flaw = verify_chain(**options).flaw
    return tuple(flaw) if flaw else None  # type: ignore[return-value]


def rewrite(tamper: Tamper, since: int) -> None:
    """Make every hash from an entry on, and the head, fit: the recipe is public."""
    entries = list(AuditEntry.objects.order_by("sequence").values(*FACTS, "hash"))
    previous = entries[since - 2]["hash"] if since > 1 else b""
    for entry in entries[since - 1 :]:
        facts = {name: entry[name] for name in FACTS} | {"at": stamp(entry["at"])}
        digest = entry_hash(facts, chain=str(connection.tenant.uuid), previous=bytes(previous))
        update = "UPDATE audit_auditentry SET previous_hash = %s, hash = %s WHERE sequence = %s"
        tamper(update, (previous, digest, entry["sequence"]))
        previous = digest
    tamper("UPDATE audit_audithead SET sequence = %s, hash = %s", (entries[-1]["sequence"], previous))


def test_a_log_that_nobody_touched_holds() -> None:
    write()
    with transaction.atomic():
        record_entries([Deed(action="a", resource=("b", "c", "d"), by=None, at=AT)])
    head = AuditHead.objects.get()
    assert verify_chain() == (WRITTEN + 1, bytes(head.hash).hex(), None)


def test_an_empty_log_holds() -> None:
    assert verify_chain() == (0, "", None)


@pytest.mark.parametrize("field", [*FACTS, "previous_hash", "hash", "seal"])
def test_no_field_of_an_entry_can_be_edited(tamper: Tamper, field: str) -> None:
    edit = EDITS.get(field, f"{field} = {field} || 'x'")
    tamper(f"UPDATE audit_auditentry SET {edit} WHERE sequence = 3")
    special = {"sequence": (0, Tampering.INSERTED), "seal": (3, Tampering.UNSEALED)}
    assert found() == special.get(field, (3, Tampering.CHANGED))


def test_a_time_that_no_clock_shows_is_found_too(tamper: Tamper) -> None:
    tamper("UPDATE audit_auditentry SET at = 'infinity' WHERE sequence = 3")
    assert found() == (3, Tampering.CHANGED)


@pytest.mark.parametrize("gone", [1, 3, WRITTEN])
def test_no_entry_can_be_deleted(tamper: Tamper, gone: int) -> None:
    tamper(f"DELETE FROM audit_auditentry WHERE sequence = {gone}")
    assert found() == (gone, Tampering.REMOVED)


def test_nor_with_the_gap_closed(tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditentry WHERE sequence = 3;" + _SHIFT.format(which="> 3", by="- 1"))
    assert found() == (3, Tampering.CHANGED)


def test_entries_cannot_be_reordered(tamper: Tamper) -> None:
    tamper(
        "UPDATE audit_auditentry SET sequence = -2 WHERE sequence = 2;"
        "UPDATE audit_auditentry SET sequence = 2 WHERE sequence = 4;"
        "UPDATE audit_auditentry SET sequence = 4 WHERE sequence = -2"
    )
    assert found() == (2, Tampering.CHANGED)


def test_no_entry_can_be_put_between(tamper: Tamper) -> None:
    tamper(_SHIFT.format(which="> 3", by="+ 1") + ";" + _COPY.format(of=3, to=4))
    assert found() == (4, Tampering.CHANGED)


def test_nor_before_the_first(tamper: Tamper) -> None:
    tamper(_COPY.format(of=1, to=0))
    assert found() == (0, Tampering.INSERTED)


def test_nor_behind_the_last(tamper: Tamper) -> None:
    tamper(_COPY.format(of=WRITTEN, to=WRITTEN + 1))
    assert found() == (WRITTEN + 1, Tampering.APPENDED)


def test_nor_with_fitting_hashes_and_head(tamper: Tamper) -> None:
    tamper(_COPY.format(of=WRITTEN, to=WRITTEN + 1))
    rewrite(tamper, since=WRITTEN + 1)
    assert found() == (WRITTEN + 1, Tampering.UNSEALED)


def test_an_edit_is_found_even_when_every_hash_after_it_was_made_to_fit(tamper: Tamper) -> None:
    tamper("UPDATE audit_auditentry SET actor = 'somebody else' WHERE sequence = 3")
    rewrite(tamper, since=3)
    assert found() == (3, Tampering.UNSEALED)


def test_an_entry_of_a_former_chain_does_not_follow_in_this_one(tamper: Tamper) -> None:
    tamper("CREATE TABLE kept AS SELECT * FROM audit_auditentry WHERE sequence = 4")
    tamper("DELETE FROM audit_auditentry WHERE sequence > 2")
    tamper("UPDATE audit_audithead SET sequence = 2, hash = (SELECT hash FROM audit_auditentry WHERE sequence = 2)")
    write(3)
    tamper("DELETE FROM audit_auditentry WHERE sequence = 4; INSERT INTO audit_auditentry SELECT * FROM kept")
    tamper("DROP TABLE kept")
    assert found() == (4, Tampering.UNCHAINED)


def test_a_log_cut_short_together_with_its_head_is_told_by_an_anchor(tamper: Tamper) -> None:
    anchor = {WRITTEN: verify_chain().hash}
    tamper("DELETE FROM audit_auditentry WHERE sequence > 4")
    tamper("UPDATE audit_audithead SET sequence = 4, hash = (SELECT hash FROM audit_auditentry WHERE sequence = 4)")
    assert found() is None
    assert found(anchors=anchor) == (5, Tampering.REMOVED)
    write(4)
    assert found() is None
    assert found(anchors=anchor) == (WRITTEN, Tampering.REWRITTEN)


def test_the_head_can_neither_be_changed_nor_removed(tamper: Tamper) -> None:
    tamper("UPDATE audit_audithead SET hash = '\\x00'")
    assert found() == (WRITTEN, Tampering.HEAD_CHANGED)
    tamper("DELETE FROM audit_audithead")
    assert found() == (1, Tampering.HEAD_REMOVED)
    with pytest.raises(RuntimeError, match="has no head"):
        write()


def test_a_chain_cannot_stand_in_for_another_tenants(owner: psycopg.Connection) -> None:
    write()
    with owner.transaction(), without_audit_triggers(owner, "globex"):
        owner.execute("INSERT INTO globex.audit_auditentry SELECT * FROM acme.audit_auditentry")
        owner.execute("DELETE FROM globex.audit_audithead")
        owner.execute("INSERT INTO globex.audit_audithead SELECT * FROM acme.audit_audithead")
    connection.set_schema_to_public()
    with tenant_context(Tenant.objects.get(schema_name="globex")):
        assert found() == (1, Tampering.CHANGED)


def test_the_command_names_the_tenant_and_its_first_flaw(tamper: Tamper, capsys: pytest.CaptureFixture[str]) -> None:
    tamper("UPDATE audit_auditentry SET note = 'x' WHERE sequence >= 3")
    with pytest.raises(CommandError, match=r"of 3 audit logs do not hold: acme\b"):
        call_command("verify_audit")
    told = capsys.readouterr()
    assert "globex: 0 entries hold" in told.out
    assert "acme: TAMPERED WITH: entry 3 was changed after it was written" in told.err


def test_the_command_compares_with_anchors(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    head = verify_chain().hash
    call_command("verify_audit", "--schema", "acme", "--anchor", f"{head}@{WRITTEN}")
    assert capsys.readouterr().out == f"acme: {WRITTEN} entries hold, head {head}@{WRITTEN}\n"
    with pytest.raises(CommandError, match="do not hold"):
        call_command("verify_audit", "--schema", "acme", "--anchor", f"{'0' * 64}@2")
    for wrong in (["--anchor", f"{head}@{WRITTEN}"], ["--schema", "nobody"], ["--schema", "acme", "--anchor", "1@1"]):
        with pytest.raises(CommandError):
            call_command("verify_audit", *wrong)

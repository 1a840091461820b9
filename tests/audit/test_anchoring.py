"""The ends of the chains, and how they leave the database."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from audit.chain import _keys, seal_of, sealed
from audit.queries import heads
from audit.services import record_entry
from audit.tasks import anchor_heads
from tenants.models import Tenant

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_heads_are_every_tenants_own(acme: Tenant, globex: Tenant) -> None:
    hashes = []
    for tenant in (acme, globex):
        with tenant_context(tenant):
            hashes.append(record_entry(action="a", resource=("b", "c", "d"), by=None, at=AT).hash.hex())
    assert hashes[0] != hashes[1]
    *ours, public = heads()
    assert ours == [("acme", str(acme.uuid), 1, hashes[0]), ("globex", str(globex.uuid), 1, hashes[1])]
    assert (public.schema_name, public.chain) == ("public", "public")


def test_beat_logs_a_line_a_tenant_that_verify_audit_can_read(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    entry = record_entry(action="a", resource=("b", "c", "d"), by=None, at=AT)
    with caplog.at_level("INFO", logger="audit"):
        anchor_heads()
    assert f"audit head schema=acme chain={acme.uuid} anchor={entry.hash.hex()}@1" in caplog.messages
    assert len(caplog.messages) == 3


def test_beat_knows_the_task() -> None:
    import_string("config.celery_app")
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert anchor_heads.name in names
    assert anchor_heads.fan_out is True


@pytest.fixture
def keyed(settings: object) -> Callable[..., None]:
    """Use these keys."""

    def use(*keys: str) -> None:
        settings.AUDIT_KEYS = list(keys)  # type: ignore[attr-defined]
        _keys.cache_clear()

    return use


def test_a_seal_outlives_the_change_of_its_key_as_long_as_the_old_one_is_kept(keyed: Callable[..., None]) -> None:
    keyed("old")
    seal = seal_of(b"hash")
    keyed("new", "old")
    assert sealed(b"hash", seal)
    assert seal_of(b"hash") != seal
    keyed("new")
    assert not sealed(b"hash", seal)
    _keys.cache_clear()


def test_work_that_does_not_know_its_tenant_is_not_recorded(acme: Tenant) -> None:
    with tenant_context(Tenant(schema_name="acme", uuid=None)), pytest.raises(RuntimeError, match="needs its UUID"):
        record_entry(action="a", resource=("b", "c", "d"), by=None, at=AT)

"""Every door of both sites, with every caller and with none, at home and away: open exactly where the table says so."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.permissions.callers import Caller
from tests.permissions.doors import SITES, all_doors, closed_methods
from tests.permissions.lines import Door
from tests.permissions.sending import model_of, outcome
from tests.permissions.table import DOORS, KEYS
from tests.permissions.world import Worlds, all_worlds

pytestmark = pytest.mark.long

WALKED = all_doors()
each_door = pytest.mark.parametrize("door", [door for door in WALKED if door in DOORS], ids=str)


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[Worlds]:
    """Two tenants and the platform, made once."""
    with django_db_blocker.unblock(), all_worlds() as worlds:
        yield worlds


def line_for(door: Door) -> str:
    """What to write into the table for a door that is not in it."""
    model = model_of(door)
    if door.action:
        return f'Pages("{model}", …, actions={{"{door.action}": WHO}})'
    if model and any(own == f"/admin/{model.replace('.', '/')}/" for own in _lists_in_the_table()):
        return f'Pages("{model}", …, more={{"{door.method} {door.route.split("/", 4)[4]}": WHO}})'
    if model:
        return f'Pages("{model}", "what it is", reads=WHO)'
    return f'Line("{door}", WHO, "what it is")'


def _lists_in_the_table() -> set[str]:
    return {door.route for door in DOORS if door.method == "GET"}


def test_every_door_is_in_the_table() -> None:
    missing = sorted({f"{door.site}: {line_for(door)}" for door in WALKED if door not in DOORS})
    assert not missing, "Say in tests/permissions/table.py who may:\n" + "\n".join(missing)


def test_the_table_has_no_door_that_is_not_there() -> None:
    gone = sorted(f"{door.site}: {door}" for door in set(DOORS) - set(WALKED))
    assert not gone, "Take out of tests/permissions/table.py:\n" + "\n".join(gone)


@each_door
def test_a_door_opens_exactly_to_whom_the_table_names(worlds: Worlds, door: Door) -> None:
    world = worlds.of(door.site)
    found = {caller: outcome(door, caller, of=world, at=world) for caller in world.callers}
    wrong = {str(caller): told for caller, told in found.items() if (told == "allowed") != (caller in DOORS[door])}
    assert not wrong, f"{door}: {wrong}; the table opens it to {sorted(DOORS[door] & set(world.callers))}"


@pytest.mark.parametrize("door", [door for door in WALKED if door.route.startswith("/api/compliance/")], ids=str)
def test_a_trusted_issuers_word_opens_the_same_doors_and_none_elsewhere(worlds: Worlds, door: Door) -> None:
    for caller in worlds.own.vouched:
        home = outcome(door, caller, of=worlds.own, at=worlds.own, vouched=True)
        away = outcome(door, caller, of=worlds.own, at=worlds.other, vouched=True)
        assert (home == "allowed", away == "allowed") == (caller in DOORS[door], Caller.STRANGER in DOORS[door]), caller


@each_door
def test_whoever_comes_from_elsewhere_is_a_stranger(worlds: Worlds, door: Door) -> None:
    open_to_all = Caller.STRANGER in DOORS[door]
    for home, away in worlds.strangers_to(door.site):
        found = {caller: outcome(door, caller, of=home, at=away) for caller in home.callers}
        wrong = {str(caller): told for caller, told in found.items() if (told == "allowed") != open_to_all}
        assert not wrong, f"{door}, from {home.tenant} at {away.tenant}: {wrong}"


@pytest.mark.parametrize("door", [door for door in KEYS if door.site == "tenant"], ids=str)
def test_a_key_opens_its_door_to_anybody_in_its_own_tenant_alone(worlds: Worlds, door: Door) -> None:
    for caller in (Caller.STRANGER, Caller.NO_ROLE):
        assert outcome(door, caller, of=worlds.own, at=worlds.own, key=True) == "allowed"
        assert outcome(door, caller, of=worlds.own, at=worlds.other, key=True) in ("401", "403")


@pytest.mark.parametrize("site", SITES)
def test_a_method_that_is_not_offered_is_refused_to_everybody(worlds: Worlds, site: str) -> None:
    world = worlds.of(site)
    for door in closed_methods(site):
        for caller in world.callers:
            assert outcome(door, caller, of=world, at=world) in ("401", "403", "405"), (door, caller)

"""Every threshold: passed, held, no longer passed, by a clock that is handed in; and that people hear of both ends."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from accounts.roles import Role
from alerts.choices import AlertState, Tier
from alerts.models import Alert, Delivery
from operations.models import Episode
from operations.services.episodes import calm_of_gone, judge_current_tenant, tell_admins, tell_operators
from operations.thresholds import CRITICAL, WARNING, Breach, Point, held, judge_platform, judge_tenant
from tenants.models import Tenant
from tests import factories

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Figures = Mapping[str, Any]


def pool(share: float) -> Figures:
    return {"pool_busy": share}


def took(name: str, milliseconds: float) -> Figures:
    return {name: {"calls": 4, "total_ms": 4 * milliseconds}}


def check(ok: bool) -> Figures:
    return {"check": {"ok": ok, "error": "" if ok else "it answers 503"}}


def row(*figures: Figures) -> list[Point]:
    """A sample a minute, the last one just now."""
    return [Point(NOW - (len(figures) - 1 - place) * MINUTE, one) for place, one in enumerate(figures)]


def level_of(breach: Breach | None) -> str | None:
    return breach.level if breach else None


@pytest.mark.parametrize(
    ("key", "samples", "level"),
    [
        ("pool", [pool(0.71)] * 5, None),
        ("pool", [pool(0.71)] * 6, WARNING),
        ("pool", [pool(0.70)] * 9, None),
        ("pool", [*[pool(0.8)] * 3, pool(0.6), *[pool(0.8)] * 5], None),
        ("pool", [pool(0.91)], None),
        ("pool", [pool(0.91)] * 2, CRITICAL),
        ("pool", [*[pool(0.95)] * 6, pool(0.8)], WARNING),
        ("pool", [*[pool(0.95)] * 6, pool(0.2)], None),
        ("queries", [took("queries", 500)], None),
        ("queries", [took("queries", 501)], WARNING),
        ("queries", [took("queries", 1001)], CRITICAL),
        ("queries", [took("queries", 1900), took("queries", 20)], WARNING),
        ("queries", [took("queries", 9000), *[took("queries", 20)] * 5], None),
        ("responses", [took("responses", 1000)], None),
        ("responses", [took("responses", 1001)], WARNING),
        ("responses", [took("responses", 90_000)], WARNING),
        ("responses", [{"responses": {"calls": 0, "total_ms": 0.0}}], None),
        ("checks", [check(False)] * 2, None),
        ("checks", [check(False)] * 3, CRITICAL),
        ("checks", [check(False), check(True), check(False), check(False)], None),
        ("checks", [*[check(False)] * 3, check(True)], None),
    ],
)
def test_the_platform_passes_a_threshold(key: str, samples: list[Figures], level: str | None) -> None:
    assert level_of(judge_platform(row(*samples), at=NOW)[key]) == level


@pytest.mark.parametrize(
    ("key", "figures", "level"),
    [
        ("inbox", {"queue": {"oldest": 60.0}}, None),
        ("inbox", {"queue": {"oldest": 61.0}}, WARNING),
        ("inbox", {"queue": {"oldest": 301.0}}, CRITICAL),
        ("deliveries", {"deliveries": {"sent": 95, "failed": 5}}, None),
        ("deliveries", {"deliveries": {"sent": 94, "failed": 6}}, WARNING),
        ("deliveries", {"deliveries": {"sent": 80, "failed": 20}}, WARNING),
        ("deliveries", {"deliveries": {"sent": 79, "failed": 21}}, CRITICAL),
        ("deliveries", {"deliveries": {"sent": 0, "failed": 0}}, None),
        ("silent:acme/shop", {"silent": {"acme/shop": 7}}, WARNING),
    ],
)
def test_a_tenant_passes_a_threshold(key: str, figures: Figures, level: str | None) -> None:
    assert level_of(judge_tenant(figures)[key]) == level


def test_a_repository_that_was_silent_and_is_heard_is_over() -> None:
    found = judge_tenant({"silent": {"acme/api": 9}}, running=["silent:acme/shop", "silent:acme/api", "inbox"])
    assert (found["silent:acme/shop"], level_of(found["silent:acme/api"]), "inbox" in found) == (None, WARNING, False)


@pytest.mark.parametrize("age", [timedelta(minutes=4), timedelta(days=1)])
def test_samples_that_are_old_say_nothing(age: timedelta) -> None:
    assert judge_platform(row(*[pool(0.99)] * 6), at=NOW + age) == {}
    assert judge_platform([], at=NOW) == {}


@pytest.mark.parametrize(("jitter", "holds"), [(10, True), (20, False)])
def test_beat_may_be_a_little_early_but_not_more(jitter: int, holds: bool) -> None:
    points = [(NOW - timedelta(seconds=60 - jitter), 1.0), (NOW, 1.0)]
    assert held(points, above=0.9, seconds=60, at=NOW) is holds


def test_samples_with_a_gap_between_them_prove_nothing_about_it() -> None:
    points = [(NOW - 9 * MINUTE, 1.0), (NOW - 5 * MINUTE, 1.0), (NOW, 1.0)]
    assert held(points, above=0.7, seconds=300, at=NOW) is False


def alerts() -> list[tuple[str, str, str]]:
    with schema_context("public"):
        rows = Alert.objects.filter(key__startswith="health:").order_by("pk")
        return [(alert.title, alert.tier, alert.state) for alert in rows]


def told() -> list[str]:
    """What operators were sent, in the console."""
    with schema_context("public"):
        rows = Delivery.objects.filter(alert__key__startswith="health:", channel__kind="in_app").order_by("pk")
        return list(rows.values_list("occasion", flat=True))


PLATFORM: Mapping[str, tuple[Callable[[], list[Figures]], Tier]] = {
    "pool, warning": (lambda: [pool(0.75)] * 6, Tier.WARNING),
    "pool, critical": (lambda: [pool(0.95)] * 2, Tier.BLOCK),
    "queries, warning": (lambda: [took("queries", 600)], Tier.WARNING),
    "queries, critical": (lambda: [took("queries", 1600)], Tier.BLOCK),
    "responses, warning": (lambda: [took("responses", 1600)], Tier.WARNING),
    "checks, critical": (lambda: [check(False)] * 3, Tier.BLOCK),
}
TENANT: Mapping[str, tuple[Figures, Tier]] = {
    "inbox, warning": ({"queue": {"oldest": 90.0}}, Tier.WARNING),
    "inbox, critical": ({"queue": {"oldest": 900.0}}, Tier.BLOCK),
    "deliveries, warning": ({"deliveries": {"sent": 9, "failed": 1}}, Tier.WARNING),
    "deliveries, critical": ({"deliveries": {"sent": 1, "failed": 9}}, Tier.BLOCK),
    "silent, warning": ({"silent": {"acme/shop": 8}}, Tier.WARNING),
}
WELL: Figures = {"queue": {"oldest": 0.0}, "deliveries": {"sent": 5, "failed": 0}, "silent": {}}


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(("samples", "tier"), PLATFORM.values(), ids=PLATFORM)
def test_operators_hear_once_that_it_begins_and_once_that_it_is_over(
    samples: Callable[[], list[Figures]], tier: Tier
) -> None:
    for minute in range(90):
        tell_operators(judge_platform(row(*samples()), at=NOW), at=NOW + minute * MINUTE)
    assert ([(one[1], one[2]) for one in alerts()], told()) == ([(tier, AlertState.OPEN)], ["opened"])
    tell_operators(dict.fromkeys(["pool", "queries", "responses", "checks"]), at=NOW + timedelta(hours=2))
    assert ([(one[1], one[2]) for one in alerts()], told()[0]) == ([(tier, AlertState.RESOLVED)], "opened")
    assert told() == ["opened", "resolved"]


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(("figures", "tier"), TENANT.values(), ids=TENANT)
def test_the_tenants_admins_hear_of_what_is_theirs_and_operators_which_tenants_it_is(
    figures: Figures, tier: Tier
) -> None:
    admin = factories.user(Role.TENANT_ADMIN, password="long enough")
    factories.user(Role.COMPLIANCE_ADMIN, password="long enough")
    for minute in range(3):
        judge_current_tenant(figures, at=NOW + minute * MINUTE)
    notices = Delivery.objects.filter(occasion="notice").order_by("pk")
    assert [(one.recipient, one.tier) for one in notices] == [(admin.username, tier)]
    assert [(title.partition(":")[0], rank) for title, rank, _ in alerts()] == [("acme", tier)]
    judge_current_tenant(WELL, at=NOW + 5 * MINUTE)
    assert [one.message["title"].startswith("Over: ") for one in notices.all()] == [False, True]
    assert [state for _, _, state in alerts()] == [AlertState.RESOLVED]


@pytest.mark.usefixtures("nothing_known")
def test_a_warning_that_becomes_critical_is_told_again_and_what_sinks_is_not() -> None:
    warning, critical = Breach(WARNING, "80 %"), Breach(CRITICAL, "95 %")
    for minute, breach in enumerate([warning, critical, warning, critical]):
        tell_operators({"pool": breach}, at=NOW + minute * MINUTE)
    assert (alerts(), told()) == ([("95 %", Tier.BLOCK, AlertState.OPEN)], ["opened", "grew"])


@pytest.mark.usefixtures("nothing_known")
def test_an_episode_that_returns_is_a_new_one() -> None:
    for minute, breach in enumerate([Breach(WARNING, "again"), None, Breach(WARNING, "again")]):
        tell_admins({"inbox": breach}, at=NOW + minute * MINUTE)
    assert [(one.began_at, one.ended_at) for one in Episode.objects.order_by("pk")] == [
        (NOW, NOW + MINUTE),
        (NOW + 2 * MINUTE, None),
    ]


@pytest.mark.usefixtures("nothing_known")
def test_one_tenants_recovery_ends_nothing_of_another(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        with schema_context(tenant.schema_name):
            judge_current_tenant({"queue": {"oldest": 90.0}}, at=NOW)
    judge_current_tenant(WELL, at=NOW + MINUTE)
    assert [(title.partition(":")[0], state) for title, _, state in alerts()] == [
        ("acme", AlertState.RESOLVED),
        ("globex", AlertState.OPEN),
    ]
    calm_of_gone(["acme"], at=NOW + 2 * MINUTE)
    assert [state for _, _, state in alerts()] == [AlertState.RESOLVED, AlertState.RESOLVED]

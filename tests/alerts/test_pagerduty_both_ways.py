"""Who acknowledges here, acknowledges at PagerDuty, and the other way round, whatever order things arrive in."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from accounts.binding import tenant_id
from alerts.api.webhooks import signature
from alerts.choices import AlertState, ChannelKind, Tier
from alerts.delivery import deliver_next
from alerts.models import Alert, AlertPolicy, Channel, Delivery, Digest, ProviderEvent
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.escalating import escalate_due
from alerts.services.raising import raise_alert, resolve_alert
from audit.models import AuditEntry
from tenants.models import Tenant
from tests.alerts.servers import ROUTING_KEY, Answer, PagerDutyServer
from tests.clients import TenantAPIClient

SECRET = "a secret of acme's subscription"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def oncall(committed: None, pagerduty_server: PagerDutyServer) -> Channel:
    """A PagerDuty channel; the only one that tier 1 names."""
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["pagerduty"])
    secrets = orjson.dumps({"routing_key": ROUTING_KEY, "webhook_secret": SECRET}).decode()
    return Channel.objects.create(
        kind=ChannelKind.PAGERDUTY, name="oncall", settings={"api": pagerduty_server.url}, secrets=secrets
    )


def raised(key: str = "k", at: datetime | None = None) -> Alert:
    """A blocking alert."""
    return raise_alert(tier=Tier.BLOCK, key=key, new=1, title="R01 on acme/shop#7", at=at or timezone.now())


def drained() -> None:
    """Send everything, now."""
    while True:
        Delivery.objects.filter(status="queued").update(run_after=timezone.now() - MINUTE)
        Channel.objects.update(paused_until=None)
        if not deliver_next():
            return


def acknowledged(alert: Alert) -> Alert:
    """By somebody in the console."""
    return acknowledge_alert(alert.pk, by=None, label="kim", via="console", at=timezone.now())


def states(server: PagerDutyServer) -> list[list[str]]:
    """What became of each incident."""
    return list(server.incidents.values())


def acknowledgement(alert: UUID | str, **changes: Any) -> bytes:
    """What PagerDuty sends, cut to what is read and some of what is not."""
    event = {
        "id": "01BZ8ZGN4BPC5QVZ5MCNDD4LPH",
        "event_type": "incident.acknowledged",
        "resource_type": "incident",
        "occurred_at": timezone.now().isoformat().replace("+00:00", "Z"),
        "agent": {"id": "PLH1HKV", "type": "user_reference", "summary": "Lee Ng"},
        "client": None,
        "data": {"id": "PGR0VU2", "type": "incident", "incident_key": f"forge:{tenant_id()}:{alert}"},
    }
    return json.dumps({"event": {**event, **changes}}).encode()


def named(schema: str) -> Tenant:
    """The tenant of this schema."""
    with schema_context("public"):
        tenant: Tenant = Tenant.objects.get(schema_name=schema)
    return tenant


@pytest.fixture
def post(committed: None) -> Callable[..., Any]:
    """Post what PagerDuty does; signed with a secret, or as said."""

    def send(body: bytes, *, secret: str = SECRET, stated: str | None = None, tenant: str = "acme") -> Any:
        header = signature(secret, body) if stated is None else stated
        return TenantAPIClient(named(tenant)).generic(
            "POST",
            "/api/webhooks/pagerduty",
            cast(Any, body),
            content_type="application/json",
            HTTP_X_PAGERDUTY_SIGNATURE=header,
        )

    return send


def test_an_alert_is_one_incident_from_its_beginning_to_its_end(
    oncall: Channel, pagerduty_server: PagerDutyServer
) -> None:
    alert = raised()
    drained()
    acknowledged(alert)
    drained()
    resolve_alert("k", at=timezone.now())
    drained()
    assert states(pagerduty_server) == [["trigger", "acknowledge", "resolve"]]


def test_who_was_never_paged_hears_of_no_acknowledgement(oncall: Channel, pagerduty_server: PagerDutyServer) -> None:
    acknowledged(raised())
    drained()
    assert states(pagerduty_server) == []


@pytest.mark.parametrize("lost", [Answer(500), Answer(500, after=True), Answer(drops=True, after=True)])
@pytest.mark.parametrize("end", ["acknowledge", "resolve"])
def test_an_end_never_overtakes_a_beginning_that_is_tried_again(
    oncall: Channel, pagerduty_server: PagerDutyServer, end: str, lost: Answer
) -> None:
    alert = raised()
    pagerduty_server.next = [lost]
    deliver_next()
    if end == "resolve":
        resolve_alert("k", at=timezone.now())
    else:
        acknowledged(alert)
    drained()
    assert all(incident[-1] == end for incident in states(pagerduty_server))


def test_what_somebody_is_sending_is_waited_for(oncall: Channel, pagerduty_server: PagerDutyServer) -> None:
    raised()
    first = Delivery.objects.filter(channel=oncall)
    first.update(status="processing", attempts=1, claimed_until=timezone.now() + MINUTE)
    resolve_alert("k", at=timezone.now())
    while deliver_next():
        pass
    waiting = Delivery.objects.get(channel=oncall, occasion="resolved")
    assert (waiting.status, waiting.attempts, pagerduty_server.asked) == ("queued", 0, [])


def test_alerts_that_escalate_together_are_incidents_of_their_own(
    oncall: Channel, pagerduty_server: PagerDutyServer
) -> None:
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["slack"])
    at = timezone.now()
    for key in ("one", "two"):
        raised(key, at=at)
    escalate_due(at=at + 15 * MINUTE)
    resolve_alert("one", at=at)
    resolve_alert("two", at=at)
    Delivery.objects.filter(occasion="resolved").delete()
    assert Delivery.objects.filter(channel=oncall, occasion="escalated").exclude(alert=None).count() == 2
    assert Digest.objects.filter(deliveries__channel=oncall).count() == 0


def test_who_acknowledges_at_pagerduty_acknowledges_here(
    oncall: Channel, pagerduty_server: PagerDutyServer, post: Callable[..., Any]
) -> None:
    alert = raised()
    drained()
    assert post(acknowledgement(alert.pk)).json() == {"status": "applied"}
    alert.refresh_from_db()
    drained()
    assert alert.state == AlertState.ACKNOWLEDGED
    assert (alert.acknowledged_by, alert.acknowledged_via) == ("Lee Ng", "pagerduty")
    assert AuditEntry.objects.get().action == "alert.acknowledged"
    assert states(pagerduty_server) == [["trigger"]]  # it knows already


def test_a_repetition_changes_nothing_not_even_after_news(oncall: Channel, post: Callable[..., Any]) -> None:
    alert = raised()
    drained()
    body = acknowledgement(alert.pk)
    post(body)
    raise_alert(tier=Tier.BLOCK, key="k", count=2, new=1, title="R01 on acme/shop#7", at=timezone.now())
    assert post(body).json() == {"status": "duplicate"}
    alert.refresh_from_db()
    assert alert.state == AlertState.OPEN


@pytest.mark.parametrize(
    "changes",
    [
        {"event_type": "incident.triggered"},
        {"occurred_at": "2020-01-01T00:00:00Z"},
        {"occurred_at": "soon"},
        {"data": {"incident_key": "somebody else's"}},
        {"data": []},
        {"id": None},
        {"id": "\0"},
    ],
)
def test_other_events_are_ignored(oncall: Channel, post: Callable[..., Any], changes: dict[str, Any]) -> None:
    alert = raised()
    drained()
    answer = post(acknowledgement(alert.pk, **changes))
    alert.refresh_from_db()
    assert (answer.json(), alert.state, ProviderEvent.objects.count()) == ({"status": "ignored"}, AlertState.OPEN, 0)


@pytest.mark.parametrize("stated", ["", "v1=", "v1=" + "0" * 64, "v1=é", "v0=" + "0" * 64, ","])
def test_what_is_not_signed_changes_nothing(oncall: Channel, post: Callable[..., Any], stated: str) -> None:
    alert = raised()
    drained()
    answer = post(acknowledgement(alert.pk), stated=stated)
    alert.refresh_from_db()
    assert (answer.status_code, alert.state) == (401, AlertState.OPEN)


def test_one_of_several_signatures_is_enough_while_secrets_change(oncall: Channel, post: Callable[..., Any]) -> None:
    body = acknowledgement(raised().pk)
    drained()
    assert post(body, stated=f"v1={'0' * 64}, {signature(SECRET, body)}").json() == {"status": "applied"}


def test_ten_megabytes_of_noise_change_nothing(oncall: Channel, post: Callable[..., Any]) -> None:
    noise = os.urandom(10 * 1024 * 1024)
    assert post(noise).status_code == 413
    assert post(noise[:1000]).status_code == 400
    assert ProviderEvent.objects.count() == 0


def test_the_other_tenants_secret_opens_nothing_here(
    oncall: Channel, post: Callable[..., Any], pagerduty_server: PagerDutyServer
) -> None:
    alert = raised()
    drained()
    with schema_context("globex"):
        secrets = orjson.dumps({"routing_key": ROUTING_KEY, "webhook_secret": "globex's"}).decode()
        Channel.objects.create(kind=ChannelKind.PAGERDUTY, name="oncall", secrets=secrets)
    body = acknowledgement(alert.pk)
    assert post(body, secret="globex's").status_code == 401
    assert post(body, secret="globex's", tenant="globex").json() == {"status": "ignored"}
    alert.refresh_from_db()
    assert alert.state == AlertState.OPEN

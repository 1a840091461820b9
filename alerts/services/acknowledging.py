"""Somebody is at it: escalation stops."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permitting import check_permitted
from alerts import messages
from alerts.choices import AlertState, ChannelKind, Occasion, Reason, Tier
from alerts.models import Alert, AlertEvent, Channel, Delivery
from alerts.services.announcing import announce_deliveries
from audit.services import record_entry
from core.errors import Conflict, NotFound


@transaction.atomic
def acknowledge_alert(
    alert_id: UUID,
    *,
    by: User | None,
    label: str,
    via: str,
    at: datetime,
    heard_from: Channel | None = None,
) -> Alert:
    """Note who is at it, stop the escalation, and tell PagerDuty. The second to say so changes nothing.

    Args:
        by: the person, where they are signed in; None where a signed link or a provider says so.
        label: who it is, as shown.
        via: how they said it: ``console``, ``api``, ``link``, ``pagerduty``.
        heard_from: the channel that says so, and needs not be told.

    Raises:
        Forbidden: ``by`` may not acknowledge.
        NotFound: there is no such alert.
        Conflict: it is resolved.
    """
    check_permitted(by, "alerts.acknowledge_alert", "Your role may not acknowledge alerts.")
    alert = Alert.objects.select_for_update(no_key=True).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("not_found", "There is no such alert.")
    if alert.state == AlertState.RESOLVED:
        raise Conflict("already_resolved", "The alert is resolved already.")
    if alert.state == AlertState.ACKNOWLEDGED:
        return alert
    alert.state, alert.next_step_at = AlertState.ACKNOWLEDGED, None
    alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_via = at, label, via
    alert.save(update_fields=["state", "next_step_at", "acknowledged_at", "acknowledged_by", "acknowledged_via"])
    AlertEvent.objects.create(alert=alert, at=at, reason=Reason.ACKNOWLEDGED, detail=f"{label}, {via}")
    _tell_providers(alert, but=heard_from, at=at)
    record_entry(
        action="alert.acknowledged", resource=alert, by=by, at=at, note="" if by else f"{label}, through {via}"
    )
    return alert


def acknowledge_delivery(delivery_id: UUID, *, via: str, at: datetime) -> Alert:
    """The same by whoever got this message: its recipient, or whoever reads its channel.

    Raises:
        NotFound: the message is gone, or is about no alert.
        Conflict: the alert is resolved.
    """
    delivery = Delivery.objects.filter(pk=delivery_id).exclude(alert=None).first()
    if delivery is None or delivery.alert_id is None:
        raise NotFound("not_found", "There is no such alert.")
    label = delivery.recipient or delivery.channel_name
    alert = acknowledge_alert(delivery.alert_id, by=None, label=label, via=via, at=at)
    Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.DONE).update(outcome=Delivery.Outcome.ACKNOWLEDGED)
    return alert


def _tell_providers(alert: Alert, *, but: Channel | None, at: datetime) -> None:
    """Where an incident was opened, nobody is to be called any more."""
    told = Delivery.objects.filter(alert=alert).exclude(occasion=Occasion.RESOLVED).values("channel")
    channels = Channel.objects.filter(kind=ChannelKind.PAGERDUTY, enabled=True, pk__in=told)
    message = messages.of_alert(
        title=alert.title,
        tier=alert.tier,
        count=alert.count,
        facts=alert.facts,
        link=alert.link,
        occasion=Occasion.ACKNOWLEDGED,
    )
    rows = [
        Delivery(
            alert=alert,
            channel=channel,
            channel_name=str(channel),
            tier=alert.tier,
            occasion=Occasion.ACKNOWLEDGED,
            message=message,
            priority=Tier(alert.tier).rank,
            received_at=at,
            run_after=at,
            due_at=at,
        )
        for channel in channels
        if but is None or channel.pk != but.pk
    ]
    Delivery.objects.bulk_create(rows)
    if rows:
        announce_deliveries()

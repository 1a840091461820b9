"""Somebody is at it: escalation stops."""

from datetime import datetime
from uuid import UUID

from django.db import models, transaction

from alerts.choices import AlertState, Reason
from alerts.models import Alert, AlertEvent, Delivery
from audit.services import record_entry
from core.errors import Conflict, NotFound


@transaction.atomic
def acknowledge_alert(alert_id: UUID, *, by: models.Model | None, label: str, via: str, at: datetime) -> Alert:
    """Note who is at it, and stop the escalation. The second to say so changes nothing.

    Args:
        by: the person, where they are signed in; None where a signed link or a provider says so.
        label: who it is, as shown.
        via: how they said it: ``console``, ``api``, ``link``, ``pagerduty``.

    Raises:
        NotFound: there is no such alert.
        Conflict: it is resolved.
    """
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

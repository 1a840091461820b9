"""Muting what is known, for a time and for a reason, and declaring emergencies."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from alerts.choices import Reason
from alerts.models import Alert, AlertEvent, AlertSettings, Delivery, Silence
from alerts.services.announcing import announce_deliveries
from alerts.services.editing import add_record, checked, permitted
from audit.services import record_entry
from core.errors import Conflict, Invalid, NotFound

LONGEST_EMERGENCY = timedelta(days=7)


@transaction.atomic
def add_silence(silence: Silence, *, by: User, at: datetime) -> Silence:
    """Mute what matches, from now on.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: it has ended before it begins, or there is no reason.
    """
    if silence.until is None or silence.until <= at:
        raise Invalid("invalid", "It has to end later than now.", errors={"until": ["Later than now."]})
    if not silence.reason.strip():
        raise Invalid("invalid", "Say why.", errors={"reason": ["Say why."]})
    silence.created_by, silence.created_at = str(by), at
    add_record(silence, action="silence.added", by=by, at=at)
    return silence


@transaction.atomic
def silence_alert(alert_id: UUID, *, until: datetime, reason: str, by: User, at: datetime) -> Silence:
    """Mute one alert: what else happens to it is recorded and not sent.

    Raises:
        Forbidden, Invalid: see ``add_silence``.
        NotFound: there is no such alert.
    """
    permitted(by, "alerts.add_silence")
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("not_found", "There is no such alert.")
    silence = Silence(key=alert.key, until=until, reason=reason)
    AlertEvent.objects.create(alert=alert, at=at, reason=Reason.SILENCED, detail=f"{by}: {silence}")
    return add_silence(silence, by=by, at=at)


@transaction.atomic
def end_silence(silence_id: int, *, by: User, at: datetime) -> None:
    """Let what matches be heard again.

    Raises:
        Forbidden: ``by`` may not.
        Conflict: it has ended.
    """
    permitted(by, "alerts.change_silence")
    silence = Silence.objects.select_for_update(no_key=True).filter(pk=silence_id).first()
    if silence is None:
        raise NotFound("not_found", "There is no such silence.")
    if silence.ended_at or silence.until <= at:
        raise Conflict("already_ended", "It has ended already.")
    silence.ended_at = at
    silence.save(update_fields=["ended_at"])
    record_entry(action="silence.ended", resource=silence, by=by, at=at, before={"until": silence.until})


@transaction.atomic
def declare_emergency(*, until: datetime | None, by: User, at: datetime) -> AlertSettings:
    """Let everything pass until then, what waits for business hours included; None ends it.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: the end is not within ``LONGEST_EMERGENCY``.
    """
    permitted(by, "alerts.change_alertsettings")
    if until is not None and not at < until <= at + LONGEST_EMERGENCY:
        reason = f"Later than now, and within {LONGEST_EMERGENCY.days} days."
        raise Invalid("invalid", reason, errors={"everything_passes_until": [reason]})
    AlertSettings.objects.get_or_create(pk=AlertSettings.PK)
    row = AlertSettings.objects.select_for_update(no_key=True).get(pk=AlertSettings.PK)
    before = {"everything_passes_until": row.everything_passes_until}
    row.everything_passes_until = until
    checked(row)
    row.save()
    if until is not None:
        _release(at)
    after = {"everything_passes_until": until}
    record_entry(action="alert_settings.edited", resource=row, by=by, at=at, before=before, after=after)
    return row


def _release(at: datetime) -> None:
    """What was never tried waits for business hours alone."""
    held = Delivery.objects.filter(status=Delivery.Status.QUEUED, attempts=0, run_after__gt=at, due_at=F("run_after"))
    if held.update(run_after=at, due_at=at):
        announce_deliveries()

"""A message once more, because somebody asks for it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from alerts.models import Delivery
from alerts.services.announcing import announce_deliveries
from alerts.services.editing import permitted
from audit.services import record_entry
from core.errors import Conflict, NotFound


@transaction.atomic
def send_again(delivery_id: UUID, *, by: User, at: datetime) -> Delivery:
    """Queue a message that went out, failed or was not worth sending. It keeps its id, by which a repetition is known.

    Raises:
        Forbidden: ``by`` may not.
        NotFound: there is no such message.
        Conflict: it is on its way, or its channel is gone.
    """
    permitted(by, "alerts.change_delivery")
    delivery: Delivery | None = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("not_found", "There is no such message.")
    if delivery.status in (Delivery.Status.QUEUED, Delivery.Status.PROCESSING):
        raise Conflict("on_its_way", f"{delivery} is on its way.")
    if delivery.channel_id is None:
        raise Conflict("channel_gone", f"The channel {delivery.channel_name} is gone.")
    before = {"status": delivery.status, "outcome": delivery.outcome, "error": delivery.error}
    delivery.status, delivery.outcome, delivery.error = Delivery.Status.QUEUED, "", ""
    delivery.attempts, delivery.run_after, delivery.due_at, delivery.finished_at = 0, at, at, None
    delivery.save()
    announce_deliveries()
    record_entry(action="delivery.sent_again", resource=delivery, by=by, at=at, before=before)
    return delivery

"""Links by which a message is acknowledged: signed, for one alert and one recipient, for a while."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.urls import reverse

from accounts.binding import tenant_id
from alerts.choices import Occasion
from alerts.models import Delivery
from core.errors import DomainError
from tenants.addresses import absolute

VALID_FOR = timedelta(days=7)
_ASKING = {Occasion.OPENED, Occasion.GREW, Occasion.REPEATED, Occasion.ESCALATED}


class LinkRefused(DomainError):
    """The link was not made here, was changed, or is too old."""


def acknowledge_link(delivery: Delivery) -> str:
    """The address of the page on which this recipient can acknowledge; empty where there is nothing to."""
    if delivery.alert_id is None or delivery.occasion not in _ASKING:
        return ""
    return absolute(reverse("alerts:acknowledge", args=[_signer().sign(str(delivery.pk))]))


def delivery_of(token: str) -> UUID:
    """The key of the delivery that such a link was made for.

    Raises:
        LinkRefused: it was not made in this tenant, was changed, or is too old.
    """
    try:
        return UUID(_signer().unsign(token, max_age=VALID_FOR))
    except (signing.BadSignature, ValueError) as error:
        raise LinkRefused(
            "link_refused", "This link is not valid, or no longer. Open the alert in the console."
        ) from error


def _signer() -> signing.TimestampSigner:
    # The tenant's own salt: keys are random, but a link of one tenant must mean nothing at another.
    return signing.TimestampSigner(salt=f"alerts.acknowledge:{tenant_id()}", sep="~")

"""Warning people of overrides that are about to end: a row for each message, sent by who claims it, once."""

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.claims import MAX_ATTEMPTS, ClaimLost
from overrides.limits import WARN_DAYS
from overrides.models import ExpiryWarning, OverrideRequest
from overrides.queries.outlook import turns_red
from overrides.services.people import DECIDE
from tenants.addresses import absolute

LEASE = timedelta(minutes=2)
"""Longer than a mail server is waited for."""
logger = logging.getLogger(__name__)


@transaction.atomic
def note_warnings(*, at: datetime) -> int:
    """Write down who is to be warned of what: the requester and everybody who may decide. Returns how many messages.

    One message a person and span, whatever the number of overrides. Who has no address is told by the admin alone.
    """
    noted = 0
    # The shortest span first: what ends tomorrow needs no word about next week.
    for days in sorted(WARN_DAYS):
        ending = OverrideRequest.objects.to_warn_of(at, days=days).select_for_update(skip_locked=True, no_key=True)
        found = list(ending.order_by("expires_at", "pk"))
        noted += len(_write(found, days, at)) if found else 0
        OverrideRequest.objects.filter(pk__in=[request.pk for request in found]).update(warned_days=days)
    return noted


def send_warnings() -> int:
    """Claim and send what waits, one message at a time. Returns how many were sent.

    A mail server that does not answer is tried again later; the row is kept either way.
    """
    sent = 0
    while (warning := ExpiryWarning.objects.claim_next(at=timezone.now(), lease=LEASE)) is not None:
        try:
            if warning.attempts > MAX_ATTEMPTS:
                raise RuntimeError("The worker died each time it sent this warning.")
            sent += _send(warning, at=timezone.now())
            warning.finish(at=timezone.now())
        except ClaimLost:
            logger.warning("the warning %s was taken over while it was sent", warning.pk)
        except Exception as error:
            logger.warning("the warning %s could not be sent", warning.pk, exc_info=True)
            warning.fail(at=timezone.now(), error=f"{type(error).__name__}: {error}".replace("\x00", ""))
    return sent


def _write(found: list[OverrideRequest], days: int, at: datetime) -> list[ExpiryWarning]:
    about: defaultdict[tuple[str, str], list[UUID]] = defaultdict(list)
    deciders = _deciders()
    for request in found:
        people = {*deciders, *_requester(request)}
        for person in sorted(people):
            about[person].append(request.pk)
    return ExpiryWarning.objects.bulk_create(
        ExpiryWarning(recipient=address, recipient_label=name, overrides=keys, days=days, received_at=at, run_after=at)
        for (address, name), keys in about.items()
    )


def _deciders() -> list[tuple[str, str]]:
    app, codename = DECIDE.split(".")
    permitted = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    people = User.objects.filter(permitted, is_active=True).exclude(email="").distinct()
    return list(people.values_list("email", "username"))


def _requester(request: OverrideRequest) -> list[tuple[str, str]]:
    people = User.objects.filter(override_requests=request, is_active=True).exclude(email="")
    return list(people.values_list("email", "username"))


def _send(warning: ExpiryWarning, *, at: datetime) -> int:
    """Send what is still true of it; nothing where all of it was revoked or renewed meanwhile."""
    lines = [line for request in _still_ending(warning, at) for line in _told(request, at)]
    if not lines:
        return 0
    days = "tomorrow" if warning.days == 1 else f"within {warning.days} days"
    body = [f"These overrides end {days}:", "", *lines, "Ask for renewal on an override's page where it is needed."]
    EmailMessage(
        subject=f"Overrides end {days}",
        body="\n".join(body),
        to=[warning.recipient],
        # The same for every attempt, so that a second copy is known for what it is.
        headers={"Message-ID": f"<{warning.pk}@{urlsplit(absolute('/')).hostname}>"},
    ).send()
    return 1


def _still_ending(warning: ExpiryWarning, at: datetime) -> list[OverrideRequest]:
    known = OverrideRequest.objects.approved(at).filter(pk__in=warning.overrides)
    return list(known.select_related("pull_request__repository").order_by("expires_at", "pk"))


def _told(request: OverrideRequest, at: datetime) -> list[str]:
    red = turns_red(request, at=at)
    follows = f"turns {red.value}" if red else "stays as it is"
    page = reverse("admin:overrides_overriderequest_change", args=[request.pk], urlconf="config.urls")
    return [
        f"* {request.pull_request} {follows} at {request.expires_at:%Y-%m-%d %H:%M} UTC",
        f"  {request.reason}",
        f"  asked by {request.requested_by_label}, approved by {request.decided_by_label}",
        f"  {absolute(page)}",
        "",
    ]

"""The outbox's engine: one message to one code host at a time, whoever asks, with or without Redis."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.utils import OperationalError
from django.utils import timezone

from compliance.codehost.clients import HostClient, HostError, client_of
from compliance.models import CodeHost, PullRequest, StatusUpdate
from compliance.services.telling import Comment, Status, message_of
from core.claims import ClaimLost, backoff
from core.errors import DomainError

LEASE = timedelta(minutes=3)
"""How long a claim holds: longer than the few requests that a message takes, each at its deadline."""
MAX_ATTEMPTS = 8
"""Of a host that does not answer: over a quarter of an hour, and anew with every change."""
_LONGEST_PAUSE = timedelta(minutes=5)
logger = logging.getLogger(__name__)


def deliver_next() -> bool:
    """Claim the current tenant's most urgent message and send it. False where none was due.

    Whatever happens, the message is kept: done, queued for later, or failed with the host's answer.
    """
    update = StatusUpdate.objects.claim_next(at=timezone.now(), lease=LEASE)
    if update is None:
        return False
    try:
        _deliver(update)
    except ClaimLost:
        logger.warning("message %s was taken over while it was sent", update.pk)
    except HostError as error:
        _settle(update, error)
    except DomainError as error:
        _settle(update, HostError(error.message, permanent=True))
    except OperationalError as error:
        _settle(update, HostError(f"The database was not available: {error}"))
    except Exception as error:
        logger.exception("message %s could not be sent", update.pk)
        _settle(update, HostError(f"{type(error).__name__}: {error}"))
    return True


def _deliver(update: StatusUpdate) -> None:
    message = message_of(update, at=timezone.now())
    if message is not None and message.digest != update.sent:
        host = update.host
        client = client_of(host.kind, base_url=host.base_url, token=host.token.reveal())
        _send(client, update, message)
        # On its own, so that a claim that is lost afterwards does not lose what the host knows.
        StatusUpdate.objects.filter(pk=update.pk).update(sent=message.digest, sent_at=timezone.now())
    update.finish(at=timezone.now())


def _send(client: HostClient, update: StatusUpdate, message: Status | Comment) -> None:
    repository = update.repository.name
    if isinstance(message, Status):
        client.set_status(repository, message.commit, message.state, message.description, message.address)
        return
    known = update.pull_request.comment_id
    if not known and update.attempts > 1:
        # Who died between writing it and saying so has left a comment behind.
        known = client.find_comment(repository, message.number, message.marker)
    written = client.write_comment(repository, message.number, message.body, known)
    PullRequest.objects.filter(pk=update.pull_request_id).update(comment_id=written)


def _settle(update: StatusUpdate, error: HostError) -> None:
    at = timezone.now()
    try:
        with transaction.atomic():
            if error.wait is not None:
                _pause(update.host, at + error.wait)
                update.put_back(at=at, after=error.wait, error=error.message)
            elif error.permanent or update.attempts >= MAX_ATTEMPTS:
                update.fail(at=at, error=error.message, permanent=True)
            else:
                wait = min(backoff(update.attempts), _LONGEST_PAUSE)
                update.retry(at=at, after=wait, error=error.message)
    except ClaimLost:
        logger.warning("message %s was taken over; its error was: %s", update.pk, error.message)
    except OperationalError:
        # The claim runs out by itself and somebody tries again.
        logger.exception("message %s: its error could not be stored: %s", update.pk, error.message)


def _pause(host: CodeHost, until: datetime) -> None:
    """Leave the host alone as long as it wants; of two answers the longer wait counts."""
    sooner = Q(paused_until=None) | Q(paused_until__lt=until)
    CodeHost.objects.filter(sooner, pk=host.pk).update(paused_until=until)

"""The inbox's engine: one report of one tenant at a time, whoever asks, with or without Redis."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.utils import OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from compliance.models import Submission
from compliance.services.alerting import alert_about_failure
from compliance.services.ingest import process
from compliance.services.updates import queue_updates_of_failure
from core.claims import MAX_ATTEMPTS, ClaimLost
from core.errors import DomainError
from tenants.current import connection

LEASE = timedelta(seconds=30)
"""How long a claim holds. Longer than the largest report takes; a killed worker's report waits this long."""
BUSY = timedelta(milliseconds=250)
"""How long a report waits whose pull request is being worked on."""
logger = logging.getLogger(__name__)


def process_next(*, blocking_only: bool = False) -> bool:
    """Claim the current tenant's most urgent report and process it. False where none was due.

    Whatever happens, the report is kept: done, put back, queued for another attempt, or failed with its error.

    Args:
        blocking_only: take only reports that probably carry BLOCK violations.
    """
    queue = Submission.objects.blocking() if blocking_only else Submission.objects.all()
    submission = queue.claim_next(at=timezone.now(), lease=LEASE)
    if submission is None:
        return False
    if submission.attempts > MAX_ATTEMPTS:
        _settle_failed(submission, "The worker died each time it processed this report.", permanent=True)
        return True
    try:
        process(submission, at=timezone.now())
    except ClaimLost:
        logger.warning("submission %s was taken over while it was processed", submission.pk)
    except DomainError as error:
        _settle_failed(submission, f"{error.code}: {error.message}", permanent=True)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            _put_back(submission)
        else:
            _settle_failed(submission, f"The database was not available: {error}")
    except Exception as error:
        logger.exception("submission %s could not be processed", submission.pk)
        _settle_failed(submission, f"{type(error).__name__}: {error}")
    return True


def _put_back(submission: Submission) -> None:
    try:
        submission.put_back(at=timezone.now(), after=BUSY)
    except ClaimLost:
        logger.warning("submission %s was taken over while it waited", submission.pk)


def _settle_failed(submission: Submission, error: str, *, permanent: bool = False) -> None:
    at = timezone.now()
    try:
        with transaction.atomic():
            submission.fail(at=at, error=error.replace("\x00", ""), permanent=permanent)
            if submission.status == Submission.Status.FAILED:
                queue_updates_of_failure(submission, at=at)
                alert_about_failure(submission, at=at)
    except ClaimLost:
        logger.warning("submission %s was taken over; its error was: %s", submission.pk, error)
    except OperationalError:
        # The claim runs out by itself and somebody tries again.
        logger.exception("submission %s: its error could not be stored: %s", submission.pk, error)
        connection.close()

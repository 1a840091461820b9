"""What of a tenant's compliance is past its time. ``services.forgetting`` goes with deleting it."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance.choices import PullState, Resolution
from compliance.models import Evaluation, PullRequest, StatusUpdate, Submission, Trend, Violation
from core.claims import Claimable

_ENDED = (Claimable.Status.DONE, Claimable.Status.FAILED)


def expired_violations(before: datetime) -> QuerySet[Violation]:
    """Resolved before then. A false positive stays with its open pull request: reports go on finding it."""
    still_found = Q(resolution=Resolution.FALSE_POSITIVE, pull_request__state=PullState.OPEN)
    return Violation.objects.filter(resolved_at__lt=before).exclude(still_found)


def expired_evaluations(before: datetime, *, emptied: bool = True) -> QuerySet[Evaluation]:
    """Made before then; of an open pull request not the newest run of each source.

    Args:
        emptied: only those whose report is emptied. What it held would go with them.

    All reports of the newest run stay, not only the last: what they found is not resolved by another one of them.
    """
    later = Q(run_started_at__gt=OuterRef("run_started_at"))
    later |= Q(run_started_at=OuterRef("run_started_at"), pk__gt=OuterRef("pk"))
    newer = Evaluation.objects.judged().filter(later, pull_request=OuterRef("pull_request"), source=OuterRef("source"))
    replaced = Exists(newer.exclude(run_id=OuterRef("run_id")).order_by())
    rows = Evaluation.objects.filter(~Q(pull_request__state=PullState.OPEN) | replaced, created_at__lt=before)
    return rows.filter(Q(submission=None) | Q(submission__payload=b"")) if emptied else rows


def expired_payloads(before: datetime) -> QuerySet[Submission]:
    """Reports that were judged, or given up, before then and still hold what was sent."""
    ended: QuerySet[Submission] = Submission.objects.filter(status__in=_ENDED, finished_at__lt=before)
    return ended.exclude(payload=b"")


def expired_reports(before: datetime, *, emptied: bool = True) -> QuerySet[Submission]:
    """Reports without an evaluation, given up before then.

    Args:
        emptied: only those that hold no longer what was sent.

    One that failed stays while its open pull request waits for it: nothing newer of its source was judged.
    """
    about = Q(repository=OuterRef("repository"), source=OuterRef("source"), received_at__gt=OuterRef("received_at"))
    newer = Submission.objects.filter(about, status=Claimable.Status.DONE, evaluation__superseded="")
    replaced = Exists(newer.filter(number=OuterRef("number"))) | (Q(number=None) & Exists(newer.filter(number=None)))
    pulls = PullRequest.objects.open().filter(repository__name=OuterRef("repository"))
    waits = Exists(pulls.filter(number=OuterRef("number"))) | (Q(number=None) & Exists(pulls.filter(number=None)))
    ended: QuerySet[Submission] = Submission.objects.filter(status__in=_ENDED, finished_at__lt=before)
    rows = ended.filter(Q(status=Claimable.Status.DONE) | replaced | ~Q(waits), evaluation=None)
    return rows.filter(payload=b"") if emptied else rows


def expired_updates(before: datetime) -> QuerySet[StatusUpdate]:
    """What code hosts were told, or could not be told, before then: of pull requests that are over."""
    ended: QuerySet[StatusUpdate] = StatusUpdate.objects.filter(status__in=_ENDED, finished_at__lt=before)
    return ended.exclude(pull_request__state=PullState.OPEN)


def expired_trends(before: datetime) -> QuerySet[Trend]:
    """Days before this moment's."""
    return Trend.objects.filter(date__lt=before.date())

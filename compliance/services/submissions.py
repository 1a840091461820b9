"""Taking a report in: one row, and a word to the workers once it is committed."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.permitting import check_permitted
from audit.services import record_entry
from compliance.choices import Urgency
from compliance.models import Repository, Submission
from compliance.report import Report
from compliance.services.announcing import announce_work
from core.errors import Conflict, Invalid

LIKELY_DEFAULTS = ("main", "master")
"""Branches that a push may be to, as long as nobody has named the repository's default branch."""


@dataclass(frozen=True, slots=True)
class Received:
    """A report in the inbox."""

    submission: Submission
    duplicate: bool
    """The same report was there already."""


def receive(report: Report, *, content: bytes, part: str = "", blocking: bool, by: str, at: datetime) -> Received:
    """Put a report into the inbox.

    Args:
        content: canonical bytes of what was sent, by which a repetition is known.
        part: tells reports of one run and source apart that belong together (checks posted one by one).
        blocking: a hint that it carries BLOCK violations, to be judged before others.
        by: who sent it.

    Raises:
        Conflict: the run was reported before, with other content.
        Invalid: no pull request is named, and the branch is not the repository's default.
    """
    _check_branch(report)
    digest = hashlib.sha256(content).digest()
    priority = Urgency.BLOCKING if blocking else Urgency.NORMAL
    submission = Submission(
        repository=report.repository,
        number=report.pr_number,
        branch=report.branch,
        commit_sha=report.commit_sha,
        source=report.source,
        format=report.format,
        run_id=report.run_id,
        part=part,
        payload=report.packed(),
        digest=digest,
        priority=priority,
        submitted_by=by,
        received_at=at,
        run_after=at,
    )
    try:
        with transaction.atomic():
            submission.save(force_insert=True)
            _announce(blocking)
    except IntegrityError:
        return _known(submission, digest, blocking, at)
    return Received(submission, duplicate=False)


@transaction.atomic
def requeue(submission: Submission, *, at: datetime, by: User | None = None, note: str = "") -> None:
    """Give a failed report its attempts back; ``by`` is None where it was sent again.

    Raises:
        Forbidden: ``by`` may not queue reports again.
        Conflict: what was sent is no longer kept.
    """
    check_permitted(by, "compliance.change_submission", "Your role may not queue reports again.")
    if Submission.objects.filter(pk=submission.pk, payload=b"").exists():
        raise Conflict("report_gone", "The report itself is no longer kept. Send it once more, or run CI again.")
    submission.requeue(at=at)
    _announce(submission.priority == Urgency.BLOCKING)
    name = f"{submission.repository}, run {submission.run_id}"
    resource = ("submission", str(submission.pk), name)
    record_entry(action="submission.requeued", resource=resource, by=by, at=at, note=note)


def _known(sent: Submission, digest: bytes, blocking: bool, at: datetime) -> Received:
    known = Submission.objects.get(repository=sent.repository, run_id=sent.run_id, source=sent.source, part=sent.part)
    if bytes(known.digest) != digest:
        raise Conflict(
            "run_reported",
            f"Run {sent.run_id} of {sent.repository} was reported by {sent.source} before, with other content. "
            "Give each run an id of its own.",
        )
    if known.status == Submission.Status.FAILED:
        # The retention may have emptied it; here it is again.
        Submission.objects.filter(pk=known.pk, payload=b"").update(payload=sent.payload)
        requeue(known, at=at, note=f"Sent again by {sent.submitted_by}.")
    return Received(known, duplicate=True)


def _check_branch(report: Report) -> None:
    if report.pr_number is not None or not report.branch:
        return
    known = Repository.objects.filter(name=report.repository).values_list("default_branch", flat=True).first()
    defaults = [known] if known else [*LIKELY_DEFAULTS]
    if report.branch not in defaults:
        reason = f"Needed: {report.branch} is not the default branch of {report.repository} ({' or '.join(defaults)})."
        raise Invalid("not_the_default_branch", f"pr_number: {reason}", errors={"pr_number": [reason]})


def _announce(blocking: bool) -> None:
    # Robust: whatever goes wrong after the commit, the report is stored and CI is answered.
    transaction.on_commit(lambda: announce_work(blocking=blocking), robust=True)

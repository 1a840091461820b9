"""``GET reports/<id>``: what CI polls until its report is judged."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from compliance.api.answers import ReportStandingSerializer
from compliance.api.callers import ensure_covers
from compliance.api.links import page_of
from compliance.api.shapes import Shape, reason_shape, verdict_shape
from compliance.models import Evaluation, Submission
from compliance.queries.pulls import superseding_report
from compliance.services.lateness import is_queued_commit
from compliance.services.standing import standing_now
from core.api.schema import answers
from core.api.views import Endpoint
from core.errors import NotFound


class ReportDetail(Endpoint):
    """``GET reports/<id>``. Never cached: whether a report waits is what its caller asks."""

    permissions = {"GET": "compliance.view_submission"}

    @extend_schema(
        tags=["reports"],
        operation_id="read_report",
        summary="Ask for a report's verdict",
        responses=answers(ReportStandingSerializer, 404, 503),
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        """Where a report stands, and once it is done, the verdict on its pull request as of now."""
        submission = Submission.objects.defer("payload").filter(pk=report_id).first()
        if submission is None:
            raise NotFound("not_found", "There is no such report.")
        ensure_covers(request, submission.repository)
        shape = {
            "id": submission.pk,
            "status": submission.status,
            "status_url": reverse("api:report", args=[submission.pk], request=request),
            "error": submission.error or None,
        }
        if submission.status == Submission.Status.DONE:
            shape |= _judged(request, submission)
        return Response(shape, headers={"Cache-Control": "no-store"})


def _judged(request: Request, submission: Submission) -> Shape:
    evaluations = Evaluation.objects.defer("fingerprints").select_related("pull_request__repository")
    evaluation = evaluations.filter(submission=submission).first()
    if evaluation is None:
        return {"evaluation": None}  # restored from the archive without what it came to
    standing = standing_now(evaluation.pull_request, at=timezone.now())
    pull = standing.pull
    verdict = verdict_shape(pull, standing.verdict, standing.threshold)
    if evaluation.commit_sha != pull.head_sha and not is_queued_commit(pull, evaluation.commit_sha):
        verdict["can_merge"] = False  # the verdict is of another commit than this caller's
    return {
        "evaluation": evaluation.pk,
        "superseded": evaluation.superseded or None,
        "superseded_by": superseding_report(evaluation),
        "repository": pull.repository.name,
        "pr_number": pull.number,
        **verdict,
        "reasons": [reason_shape(named) for named in standing.reasons],
        "violations": {
            "new": evaluation.new_count,
            "seen": evaluation.seen_count,
            "resolved": evaluation.resolved_count,
        },
        "url": page_of(request, "pullrequest", pull.pk),
    }

"""The inbox: every report as it came in, and a second chance for those that failed."""

import zlib
from typing import Any, cast

import orjson
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.models import User
from compliance.admin.filters import SourceFilter
from compliance.admin.labels import SUBMISSIONS, cell, label_of
from compliance.limits import KIB
from compliance.models import Evaluation, PullRequest, Submission
from compliance.services.submissions import requeue
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import NONE, moment, page_url, record_link
from core.admin_filters import DaysFilter
from core.claims import Claimable

SHOWN_CHARS = 200 * KIB
"""How much of a report its page shows."""
_UNPACKED_BYTES = 1024 * KIB
_REQUEUED_AT_ONCE = 1_000


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """The inbox is written by CI and by the workers; an admin may queue a failed report again."""

    change_form_template = "console/submission.html"
    list_display = ["received", "about", "source", "format", "run_id", "status_label", "attempts", "failure", "result"]
    list_display_links = ["received"]
    list_defer = ("payload", "digest")
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("format", ChoicesDropdownFilter),
        SourceFilter,
        ("received_at", DaysFilter),
    ]
    search_fields = ["repository", "=run_id", "^commit_sha", "=submitted_by"]
    search_help_text = "Searches repositories, run ids, the beginnings of commits, and senders."
    ordering = ["-id"]
    sortable_by = ["received"]
    actions = ["queue_again"]
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """With the evaluation that became of each."""
        rows: QuerySet[Submission] = super().get_queryset(request)
        return rows.select_related("evaluation").defer("evaluation__fingerprints")

    def get_urls(self) -> list[URLPattern]:
        """Also the address that the page's button posts to."""
        view = self.admin_site.admin_view(self.requeue_view)
        own = [path("<uuid:submission_id>/requeue/", view, name="compliance_submission_requeue")]
        return [*own, *super().get_urls()]

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        """Compliance admins, although nobody edits a report."""
        return bool(request.user.has_perm("compliance.change_submission"))

    @admin.action(description="Queue again", permissions=["requeue"])
    def queue_again(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        """Give the failed ones among the selected reports their attempts back."""
        found = queryset.filter(status=Claimable.Status.FAILED)
        failed = list(found.exclude(payload=b"").defer("payload")[:_REQUEUED_AT_ONCE])
        for submission in failed:
            requeue(submission, at=timezone.now(), by=cast(User, request.user))
        if failed:
            messages.success(
                request, f"{len(failed)} failed report{' is' if len(failed) == 1 else 's are'} queued again."
            )
        elif found.exists():
            messages.warning(request, "What was sent is no longer kept: run CI again.")
        else:
            messages.warning(request, "None of these has failed.")

    def requeue_view(self, request: HttpRequest, submission_id: Any) -> HttpResponse:
        """Queue one failed report again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_requeue_permission(request):
            raise PermissionDenied
        submission = Submission.objects.defer("payload").filter(pk=submission_id).first()
        if submission is None:
            raise Http404
        self.queue_again(request, Submission.objects.filter(pk=submission_id))
        return HttpResponseRedirect(page_url(submission))

    @column("Received", ordering="id")
    def received(self, submission: Submission) -> str:
        """When."""
        return moment(submission.received_at)

    @column("About")
    def about(self, submission: Submission) -> str:
        """Which pull request."""
        return name_of(submission)

    @column("Status", label=SUBMISSIONS)
    def status_label(self, submission: Submission) -> tuple[str, str]:
        """How far it got."""
        return cell(Claimable.Status(submission.status))

    @column("Error")
    def failure(self, submission: Submission) -> str:
        """Why it failed, in short."""
        return Truncator(submission.error).chars(80) or NONE

    @column("Result")
    def result(self, submission: Submission) -> SafeString | str:
        """What became of it."""
        return record_link(getattr(submission, "evaluation", None), "Evaluation")

    def page_context(self, request: HttpRequest, obj: Submission) -> dict[str, Any]:
        """What the page shows."""
        evaluation = Evaluation.objects.filter(submission=obj).only("pk").first()
        pull = PullRequest.objects.named(obj.repository, obj.number).only("pk").first()
        text, cut = shown(bytes(obj.payload))
        return {
            "name": name_of(obj),
            "status": label_of(Claimable.Status(obj.status)),
            "evaluation_page": page_url(evaluation) if evaluation else "",
            "pull_page": page_url(pull) if pull else "",
            "may_requeue": bool(obj.payload)
            and obj.status == Claimable.Status.FAILED
            and self.has_requeue_permission(request),
            "kept": bool(obj.payload),
            "payload_text": text,
            "payload_cut": cut,
        }


def name_of(submission: Submission) -> str:
    """The pull request that a report is about."""
    return (
        f"{submission.repository}#{submission.number}"
        if submission.number
        else f"{submission.repository} default branch"
    )


def shown(payload: bytes) -> tuple[str, bool]:
    """A stored report as its page shows it, and whether that is only its beginning.

    Unpacks no more than it needs: a report may have 64 MiB. One that is no longer kept shows nothing.
    """
    if not payload:
        return "", False
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(payload, _UNPACKED_BYTES)
    if unpacker.eof:
        raw = orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2)
    text = raw[: SHOWN_CHARS * 4].decode(errors="replace")
    return text[:SHOWN_CHARS], not unpacker.eof or len(text) > SHOWN_CHARS

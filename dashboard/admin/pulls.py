"""A pull request's page: may it be merged, and if not, why; it refreshes by itself."""

from typing import Any
from urllib.parse import unquote

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from compliance.admin.labels import label_of
from compliance.admin.polling import polled_by
from compliance.choices import Verdict
from compliance.models import Evaluation, PullRequest
from core.admin_cells import list_url, page_url
from core.polling import frame_of
from dashboard.charts import Chart, Series, line
from dashboard.queries.history import evaluations_of, steps_of
from overrides.admin.violations import AskingPullRequestAdmin, shown_requests
from overrides.models import OverrideRequest

_LATEST, _REQUESTS = 10, 20
_TOPICS = ("pulls", "rules", "violations", "overrides")
_ICONS = {"evaluation": "fact_check", "override": "gavel", "alert": "notifications", "host": "merge"}


class PullPage(AskingPullRequestAdmin):
    """The page, and its history, which is asked for once the page is there."""

    change_form_template = "console/pull_request_page.html"

    def get_urls(self) -> list[URLPattern]:
        """Also the history."""
        view = self.admin_site.admin_view(self.history_part)
        return [path("<uuid:pull_id>/past/", view, name="compliance_pullrequest_past"), *super().get_urls()]

    @polled_by(*_TOPICS)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page. There is no form behind it: nobody edits a pull request here."""
        if object_id is None or request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        pull = self.get_object(request, unquote(object_id))
        if pull is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        context = self.admin_site.each_context(request) | {
            "title": str(pull),
            "opts": self.opts,
            "original": pull,
            "history_page": reverse("admin:compliance_pullrequest_past", args=[pull.pk]),
            **self.page_context(request, pull),
        }
        return TemplateResponse(request, self.change_form_template, context)

    @polled_by(*_TOPICS, "evaluations")
    def history_part(self, request: HttpRequest, pull_id: Any) -> HttpResponse:
        """Evaluations, overrides, and everything in the order of time."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        pull = PullRequest.objects.select_related("repository").defer("description").filter(pk=pull_id).first()
        if pull is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "frame": frame_of(request),
            "title": _("History of %(name)s") % {"name": pull},
            "history_page": request.get_full_path(),
            "pull": pull,
            "pull_page": page_url(pull),
            **_history(pull),
        }
        return TemplateResponse(request, "console/pull_request_history.html", context)


def _history(pull: PullRequest) -> dict[str, Any]:
    evaluations = evaluations_of(pull)
    requests = list(OverrideRequest.objects.filter(pull_request=pull).order_by("-id")[:_REQUESTS])
    return {
        "chart": _scores(evaluations),
        "evaluations": [_shown(one) for one in evaluations[:_LATEST]],
        "evaluations_page": list_url(Evaluation, pull_request__id__exact=pull.pk),
        "overrides": shown_requests(requests),
        "timeline": [
            {"step": step, "icon": _ICONS[step.kind], "page": page_url(step.record) if step.record else ""}
            for step in steps_of(pull, evaluations, requests)
        ],
    }


def _scores(evaluations: list[Evaluation]) -> Chart:
    judged = [one for one in reversed(evaluations) if one.score is not None]
    labels = [f"{one.created_at:%m-%d}" for one in judged]
    return line(_("Score by evaluation"), labels, [Series(_("Score"), [one.score for one in judged])], top=100)


def _shown(one: Evaluation) -> dict[str, Any]:
    return {
        "evaluation": one,
        "page": page_url(one),
        "verdict": label_of(Verdict(one.verdict)) if one.verdict else None,
    }

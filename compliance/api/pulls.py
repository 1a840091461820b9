"""``GET pr``, ``GET pr/<number>``, ``GET pr/default`` and ``PATCH pr/<number>``."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.answers import PullListingSerializer, PullSerializer
from compliance.api.callers import covered_repositories, ensure_covers, only_covered
from compliance.api.etags import etagged
from compliance.api.filters import MAX_NUMBER, PullFilters
from compliance.api.links import Pages
from compliance.api.shapes import Shape, pull_detail_shape, pull_shape
from compliance.choices import PullState, Verdict
from compliance.models import PullRequest, TenantSettings
from compliance.queries import pulls
from compliance.services.pulls import set_state
from compliance.services.standing import standing_now
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint, Listing
from core.errors import Conflict, NotFound

REPOSITORY = OpenApiParameter(
    "repository", str, description="Full name, owner/name. Needed where several repositories have such a pull request."
)


class AmbiguousPullRequest(Conflict):
    """Several repositories have a pull request of this number; the document lists them."""

    def __init__(self, found: Sequence[PullRequest]) -> None:
        super().__init__("ambiguous_pull_request", "Several repositories have one: say which, with ?repository=.")
        self.members = {"repositories": [pull.repository.name for pull in found]}


class StateSerializer(serializers.Serializer[Any]):
    """What the code host says of a pull request."""

    state = serializers.ChoiceField(PullState.choices)


class PullList(Listing):
    """``GET pr``."""

    permissions = {"GET": "compliance.view_pullrequest"}
    filterset_class = PullFilters

    @extend_schema(
        tags=["pull requests"],
        operation_id="list_pull_requests",
        summary="List pull requests",
        parameters=[IF_NONE_MATCH],
        responses=answers(PullListingSerializer(many=True), conditional=True),
    )
    @etagged("pulls", also=pulls.unjudged_in_total)
    def get(self, request: Request) -> Response:
        """Open pull requests and default branches with their verdicts, newest first."""
        if repository := request.query_params.get("repository"):
            ensure_covers(request, repository)
        return self.page(request)

    def get_queryset(self) -> QuerySet[PullRequest]:
        """Those that the caller may know of."""
        found = pulls.with_current_verdict(
            PullRequest.objects.select_related("repository").defer("description"), at=timezone.now()
        )
        keys = covered_repositories(self.request)
        return found if keys is None else found.filter(repository__in=keys)

    def shaped(self, rows: Sequence[Any], request: Request) -> list[Shape]:
        """The page's pull requests."""
        pages, threshold = Pages(request, "pullrequest"), TenantSettings.current().threshold
        return [pull_shape(row, Verdict(row.current_verdict), threshold, url=pages.of(row.pk)) for row in rows]


class PullDetail(Endpoint):
    """``GET pr/<number>`` and ``PATCH pr/<number>``."""

    permissions = {"GET": "compliance.view_pullrequest", "PATCH": "compliance.change_pullrequest"}
    parameters = ("repository",)

    @extend_schema(
        tags=["pull requests"],
        operation_id="read_pull_request",
        summary="Ask for a pull request's verdict",
        parameters=[REPOSITORY, IF_NONE_MATCH],
        responses=answers(PullSerializer, 404, 409, 503, conditional=True),
    )
    @etagged("pulls", "rules", also=pulls.unjudged)
    def get(self, request: Request, number: int) -> Response:
        """The verdict as of now, its reasons, and where every rule stands."""
        return _answer(request, find_pull(request, number))

    @extend_schema(
        tags=["pull requests"],
        operation_id="change_pull_request",
        summary="Say that a pull request is closed, merged or open again",
        request=StateSerializer,
        parameters=[REPOSITORY],
        responses=answers(PullSerializer, 400, 404, 409, 413, 415, 503),
    )
    def patch(self, request: Request, number: int) -> Response:
        """Closing resolves what lives as CLOSED, merging as MERGED; reopening brings back what closing resolved."""
        serializer = StateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pull = find_pull(request, number)
        state = PullState(serializer.validated_data["state"])
        return _answer(request, set_state(pull.pk, state=state, by=str(request.user), at=timezone.now()))


class DefaultBranchDetail(Endpoint):
    """``GET pr/default``."""

    permissions = {"GET": "compliance.view_pullrequest"}
    parameters = ("repository",)

    @extend_schema(
        tags=["pull requests"],
        operation_id="read_default_branch",
        summary="Ask for a default branch's verdict",
        parameters=[REPOSITORY, IF_NONE_MATCH],
        responses=answers(PullSerializer, 404, 409, 503, conditional=True),
    )
    @etagged("pulls", "rules", also=lambda: pulls.unjudged(number=None))
    def get(self, request: Request) -> Response:
        """The verdict as of now, its reasons, and where every rule stands."""
        return _answer(request, find_pull(request, None))


def find_pull(request: Request, number: int | None) -> PullRequest:
    """The pull request that the path and ``?repository=`` name; the default branch where the number is None.

    Raises:
        Forbidden: the caller's token does not name the repository.
        NotFound: there is none.
        AmbiguousPullRequest: several repositories have one.
    """
    repository = request.query_params.get("repository")
    if repository:
        ensure_covers(request, repository)
    found = pulls.numbered(number, repository=repository) if (number or 0) <= MAX_NUMBER else []
    found = only_covered(request, found)
    if not found:
        raise NotFound("not_found", "No report has named such a pull request.")
    if len(found) > 1:
        raise AmbiguousPullRequest(found)
    return found[0]


def _answer(request: Request, pull: PullRequest) -> Response:
    standing = standing_now(pull, at=timezone.now())
    return Response(pull_detail_shape(request, standing, pulls.rules_on(standing.pull)))

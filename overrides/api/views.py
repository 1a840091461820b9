"""``overrides``: one class per operation."""

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from compliance.api.etags import etagged
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint, Listing
from core.errors import NotFound
from overrides.api.bodies import (
    ApprovalSerializer,
    NothingSerializer,
    OverrideDetailSerializer,
    OverrideSerializer,
    ReasonSerializer,
    RequestSerializer,
)
from overrides.api.filters import OverrideFilters
from overrides.api.shapes import Shape, override_detail_shape, override_shape, override_shapes
from overrides.choices import Kind
from overrides.models import OverrideRequest
from overrides.queries.requests import listed, unnoticed
from overrides.services.asking import renew_override, request_override, withdraw_override
from overrides.services.deciding import approve_override, reject_override, revoke_override
from overrides.services.expiring import expire_for_reader
from overrides.services.people import ASK, DECIDE

READ = "overrides.view_overriderequest"


def _over_by_now(**_: Any) -> int:
    return unnoticed(timezone.now())


class OverrideCollection(Listing):
    """``GET overrides`` and ``POST overrides``."""

    permissions = {"GET": READ, "POST": ASK}
    filterset_class = OverrideFilters

    @extend_schema(
        tags=["overrides"],
        operation_id="list_overrides",
        summary="List overrides",
        parameters=[IF_NONE_MATCH],
        responses=answers(OverrideSerializer(many=True), conditional=True),
    )
    def get(self, request: Request) -> Response:
        """All requests that match every filter, newest first."""
        expire_for_reader(at=timezone.now())
        return self.listing(request)

    @etagged("overrides", also=_over_by_now)
    def listing(self, request: Request) -> Response:
        """The page, once what is over has ended."""
        return self.page(request)

    @extend_schema(
        tags=["overrides"],
        operation_id="request_override",
        summary="Ask for an override",
        request=RequestSerializer,
        filters=False,
        responses=answers(OverrideSerializer, 400, 409, 413, 415, 503, status=201),
    )
    def post(self, request: Request) -> Response:
        """Ask that live violations of one pull request be excused, or be called false positives."""
        sent = _read(RequestSerializer, request)
        asked = request_override(
            violations=sent["violations"],
            kind=Kind(sent["kind"]),
            reason=sent["reason"],
            evidence_url=sent["evidence_url"],
            wished_until=sent["expires_at"],
            by=cast(User, request.user),
            at=timezone.now(),
        )
        return Response(_answer(asked, request), status=201)

    def get_queryset(self) -> QuerySet[OverrideRequest]:
        """With their pull requests."""
        return listed()

    def shaped(self, rows: Sequence[Any], request: Request) -> list[Shape]:
        """The page's requests."""
        return override_shapes(rows, request, at=timezone.now())


class OverrideDetail(Endpoint):
    """``GET overrides/<id>``."""

    permissions = {"GET": READ}

    @extend_schema(
        tags=["overrides"],
        operation_id="read_override",
        summary="Read an override",
        parameters=[IF_NONE_MATCH],
        responses=answers(OverrideDetailSerializer, 404, 503, conditional=True),
    )
    def get(self, request: Request, override_id: UUID) -> Response:
        """One request with its violations, and with what the verdict is now and would be after."""
        expire_for_reader(at=timezone.now())
        return self.detail(request, override_id=override_id)

    @etagged("overrides", "pulls", "rules", "violations", also=_over_by_now)
    def detail(self, request: Request, override_id: UUID) -> Response:
        """The answer, once what is over has ended."""
        found = listed().filter(pk=override_id).first()
        if found is None:
            raise NotFound("not_found", "There is no such override.")
        return Response(override_detail_shape(found, request, at=timezone.now()))


class Approval(Endpoint):
    """``POST overrides/<id>/approve``."""

    permissions = {"POST": DECIDE}

    @extend_schema(
        tags=["overrides"],
        operation_id="approve_override",
        summary="Approve an override",
        request=ApprovalSerializer,
        responses=answers(OverrideSerializer, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, override_id: UUID) -> Response:
        """Excuse exactly what was seen, and judge the pull request anew. Nobody approves their own request."""
        return _decide(approve_override, ApprovalSerializer, request, override_id)


class Rejection(Endpoint):
    """``POST overrides/<id>/reject``."""

    permissions = {"POST": DECIDE}

    @extend_schema(
        tags=["overrides"],
        operation_id="reject_override",
        summary="Reject an override",
        request=ReasonSerializer,
        responses=answers(OverrideSerializer, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, override_id: UUID) -> Response:
        """Say no, and why."""
        return _decide(reject_override, ReasonSerializer, request, override_id)


class Revocation(Endpoint):
    """``POST overrides/<id>/revoke``."""

    permissions = {"POST": DECIDE}

    @extend_schema(
        tags=["overrides"],
        operation_id="revoke_override",
        summary="Revoke an approved override",
        request=ReasonSerializer,
        responses=answers(OverrideSerializer, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, override_id: UUID) -> Response:
        """End it before its time, and judge the pull request anew."""
        return _decide(revoke_override, ReasonSerializer, request, override_id)


class Withdrawal(Endpoint):
    """``POST overrides/<id>/withdraw``."""

    permissions = {"POST": ASK}

    @extend_schema(
        tags=["overrides"],
        operation_id="withdraw_override",
        summary="Withdraw one's own request",
        request=NothingSerializer,
        responses=answers(OverrideSerializer, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, override_id: UUID) -> Response:
        """Take back what is not decided yet."""
        return _decide(withdraw_override, NothingSerializer, request, override_id)


class Renewal(Endpoint):
    """``POST overrides/<id>/renew``."""

    permissions = {"POST": ASK}

    @extend_schema(
        tags=["overrides"],
        operation_id="renew_override",
        summary="Ask again for what is left of an override",
        request=NothingSerializer,
        responses=answers(OverrideSerializer, 400, 404, 409, 413, 415, 503, status=201),
    )
    def post(self, request: Request, override_id: UUID) -> Response:
        """A new request, with the same reason, for those of its violations that are still there."""
        again = renew_override(override_id=override_id, by=cast(User, request.user), at=timezone.now())
        return Response(_answer(again, request), status=201)


def _decide(
    service: Callable[..., OverrideRequest],
    body: type[serializers.Serializer[Any]],
    request: Request,
    override_id: UUID,
) -> Response:
    sent = _read(body, request)
    decided = service(override_id=override_id, by=cast(User, request.user), at=timezone.now(), **sent)
    return Response(_answer(decided, request))


def _read(body: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = body(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _answer(override: OverrideRequest, request: Request) -> Shape:
    return override_shape(override, request, at=timezone.now())

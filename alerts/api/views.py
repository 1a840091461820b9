"""``alerts`` and ``notifications``."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from alerts.api.etags import etagged
from alerts.api.filters import AlertFilters, NotificationFilters
from alerts.api.serializers import AlertDetailSerializer, AlertSerializer, NotificationSerializer
from alerts.models import Alert, Notification
from alerts.services.acknowledging import acknowledge_alert
from alerts.services.reading import mark_read
from core.api.schema import IF_NONE_MATCH, answers
from core.api.views import Endpoint, Listing
from core.errors import NotFound

_SHOWN = 200
_SAME = (
    "id",
    "tier",
    "state",
    "title",
    "count",
    "unsent",
    "opened_at",
    "last_fact_at",
    "last_sent_at",
    "next_step_at",
    "acknowledged_at",
    "resolved_at",
)


class AlertList(Listing):
    """``GET alerts``."""

    permissions = {"GET": "alerts.view_alert"}
    filterset_class = AlertFilters

    @extend_schema(
        tags=["alerts"],
        operation_id="list_alerts",
        summary="List alerts",
        parameters=[IF_NONE_MATCH],
        responses=answers(AlertSerializer(many=True), conditional=True),
    )
    @etagged
    def get(self, request: Request) -> Response:
        """Alerts that match every filter, newest first."""
        return self.page(request)

    def get_queryset(self) -> QuerySet[Alert]:
        """All of the tenant's."""
        return Alert.objects.order_by("-id")

    def shaped(self, rows: Sequence[Alert], request: Request) -> list[dict[str, Any]]:
        """What is answered."""
        return [alert_shape(alert, request) for alert in rows]


class AlertDetail(Endpoint):
    """``GET alerts/<id>``."""

    permissions = {"GET": "alerts.view_alert"}

    @extend_schema(
        tags=["alerts"],
        operation_id="read_alert",
        summary="Read an alert, and why people were told or not",
        parameters=[IF_NONE_MATCH],
        responses=answers(AlertDetailSerializer, 404, conditional=True),
    )
    @etagged
    def get(self, request: Request, alert_id: UUID) -> Response:
        """One alert with its history."""
        return Response(_detail(alert_id, request))


class AlertAcknowledge(Endpoint):
    """``POST alerts/<id>/acknowledge``."""

    permissions = {"POST": "alerts.acknowledge_alert"}

    @extend_schema(
        tags=["alerts"],
        operation_id="acknowledge_alert",
        summary="Say that somebody is at it",
        request=None,
        responses=answers(AlertDetailSerializer, 404, 409),
    )
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Stop the escalation. Saying it twice changes nothing; what is resolved is a conflict."""
        by = cast(User, request.user)
        acknowledge_alert(alert_id, by=by, label=str(by), via="api", at=timezone.now())
        return Response(_detail(alert_id, request))


class NotificationList(Listing):
    """``GET notifications``."""

    permissions = {"GET": "alerts.view_notification"}
    filterset_class = NotificationFilters

    @extend_schema(
        tags=["alerts"],
        operation_id="list_notifications",
        summary="List one's own notifications",
        parameters=[IF_NONE_MATCH],
        responses=answers(NotificationSerializer(many=True), conditional=True),
    )
    @etagged
    def get(self, request: Request) -> Response:
        """The caller's own, newest first."""
        return self.page(request)

    def get_queryset(self) -> QuerySet[Notification]:
        """The caller's own. The description asks for the class without a caller."""
        return Notification.objects.filter(user_id=cast(User, self.request.user).pk).order_by("-id")

    def shaped(self, rows: Sequence[Notification], request: Request) -> list[dict[str, Any]]:
        """What is answered."""
        return [notification_shape(note) for note in rows]


class NotificationRead(Endpoint):
    """``POST notifications/<id>/read``."""

    permissions = {"POST": "alerts.view_notification"}

    @extend_schema(
        tags=["alerts"],
        operation_id="mark_notification_read",
        summary="Mark a notification as read",
        request=None,
        responses=answers(NotificationSerializer, 404),
    )
    def post(self, request: Request, notification_id: UUID) -> Response:
        """One of the caller's own. Saying it twice keeps the first time."""
        by = cast(User, request.user)
        mark_read([notification_id], by=by, at=timezone.now())
        note = Notification.objects.filter(pk=notification_id, user=by).first()
        if note is None:
            raise NotFound("not_found", "There is no such notification.")
        return Response(notification_shape(note))


def alert_shape(alert: Alert, request: Request) -> dict[str, Any]:
    """An alert; what it has not is null."""
    page = reverse("admin:alerts_alert_change", args=[alert.pk])
    return {
        **{name: getattr(alert, name) for name in _SAME},
        "repository": alert.facts.get("repository"),
        "rule": alert.facts.get("rule"),
        "acknowledged_by": alert.acknowledged_by or None,
        "link": alert.link or None,
        "url": request.build_absolute_uri(page),
    }


def notification_shape(note: Notification) -> dict[str, Any]:
    """A notification; what it has not is null."""
    same = {name: getattr(note, name) for name in ("id", "tier", "title", "body", "at", "read_at")}
    return {**same, "link": note.link or None}


def _detail(alert_id: UUID, request: Request) -> dict[str, Any]:
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("not_found", "There is no such alert.")
    history = [
        {
            "at": event.at,
            "reason": event.reason,
            "occasion": event.occasion or None,
            "channel": event.channel or None,
            "detail": event.detail,
        }
        for event in reversed(list(alert.events.order_by("-id")[:_SHOWN]))
    ]
    return {**alert_shape(alert, request), "history": history}

"""The page behind a message's link. A GET never acknowledges: mail scanners follow links."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from alerts.choices import AlertState
from alerts.models import Alert, Delivery
from alerts.services.acknowledging import acknowledge_delivery
from alerts.services.links import delivery_of
from core.errors import DomainError, NotFound


@never_cache
@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Show the alert and a button; the button acknowledges."""
    try:
        delivery_id = delivery_of(token)
        if request.method == "POST":
            acknowledge_delivery(delivery_id, via="link", at=timezone.now())
        alert = _alert_of(delivery_id)
    except DomainError as error:
        status = 404 if isinstance(error, NotFound) else 403
        return _page(request, {"heading": "Not acknowledged", "detail": error.message}, status)
    return _page(request, _told(alert), 200)


def _alert_of(delivery_id: object) -> Alert:
    delivery = Delivery.objects.select_related("alert").filter(pk=delivery_id).first()
    if delivery is None or delivery.alert is None:
        raise NotFound("not_found", "There is no such alert.")
    alert: Alert = delivery.alert
    return alert


def _told(alert: Alert) -> dict[str, Any]:
    heading = {
        AlertState.OPEN: "Acknowledge this alert?",
        AlertState.ACKNOWLEDGED: "Acknowledged",
        AlertState.RESOLVED: "Resolved",
    }[AlertState(alert.state)]
    detail = ""
    if alert.acknowledged_at and alert.state == AlertState.ACKNOWLEDGED:
        detail = f"By {alert.acknowledged_by}, {alert.acknowledged_at:%d %B %Y %H:%M} UTC. Nobody else is called."
    return {
        "heading": heading,
        "detail": detail,
        "alert": alert,
        "may_acknowledge": alert.state == AlertState.OPEN,
    }


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "alerts/acknowledge.html", context, status=status)

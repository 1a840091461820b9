"""``/api/compliance/alerts`` and ``/api/compliance/notifications``."""

from django.urls import path

from alerts.api.views import AlertAcknowledge, AlertDetail, AlertList, NotificationList, NotificationRead

app_name = "alerts-api"
urlpatterns = [
    path("alerts", AlertList.as_view(), name="alerts"),
    path("alerts/<uuid:alert_id>", AlertDetail.as_view(), name="alert"),
    path("alerts/<uuid:alert_id>/acknowledge", AlertAcknowledge.as_view(), name="alert-acknowledge"),
    path("notifications", NotificationList.as_view(), name="notifications"),
    path("notifications/<uuid:notification_id>/read", NotificationRead.as_view(), name="notification-read"),
]

"""``/api/webhooks/``."""

from django.urls import path

from alerts.api.webhooks import PagerDutyWebhook

urlpatterns = [path("pagerduty", PagerDutyWebhook.as_view(), name="pagerduty-webhook")]

"""``/api/compliance/health``."""

from django.urls import path

from operations.api.views import HealthDetail

app_name = "operations-api"
urlpatterns = [path("health", HealthDetail.as_view(), name="health")]

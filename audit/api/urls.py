"""``/api/compliance/audit``."""

from django.urls import path

from audit.api.views import AuditList

urlpatterns = [path("audit", AuditList.as_view(), name="audit")]

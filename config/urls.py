"""What answers on a tenant's host name."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", include("dashboard.urls")),
    path("admin/", admin.site.urls),
    path("alerts/", include("alerts.urls")),
    path("api/auth/", include("accounts.api.urls")),
    path("api/compliance/", include("alerts.api.urls")),
    path("api/compliance/", include("audit.api.urls")),
    path("api/compliance/", include("compliance.api.urls")),
    path("api/compliance/", include("dashboard.api.urls")),
    path("api/compliance/", include("operations.api.urls")),
    path("api/webhooks/", include("compliance.api.webhook_urls")),
    path("api/compliance/", include("overrides.api.urls")),
    path("api/webhooks/", include("alerts.api.webhook_urls")),
]
handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"

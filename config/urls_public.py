"""What answers on the public host name: the operators' admin."""

from django.urls import include, path
from django.views.generic import RedirectView

from core.admin_sites import public_site
from operations.metrics import MetricsView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", public_site.urls),
    path("alerts/", include("alerts.urls")),
    path("metrics", MetricsView.as_view(), name="metrics"),
]
handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"

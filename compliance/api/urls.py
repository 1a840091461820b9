"""``/api/compliance/``."""

from django.urls import path

from compliance.api.submitting import CheckCollection, ReportCollection

app_name = "api"
urlpatterns = [
    path("reports", ReportCollection.as_view(), name="reports"),
    path("checks", CheckCollection.as_view(), name="checks"),
]

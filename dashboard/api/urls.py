"""``/api/compliance/export/``."""

from django.urls import path

from dashboard.api.exports import (
    AlertExport,
    EvaluationExport,
    OverrideExport,
    PullExport,
    RuleExport,
    ViolationExport,
)

app_name = "dashboard"
urlpatterns = [
    path("export/violations.<str:kind>", ViolationExport.as_view(), name="export-violations"),
    path("export/pr.<str:kind>", PullExport.as_view(), name="export-pulls"),
    path("export/rules.<str:kind>", RuleExport.as_view(), name="export-rules"),
    path("export/overrides.<str:kind>", OverrideExport.as_view(), name="export-overrides"),
    path("export/alerts.<str:kind>", AlertExport.as_view(), name="export-alerts"),
    path("export/evaluations.<str:kind>", EvaluationExport.as_view(), name="export-evaluations"),
]

"""``/api/compliance/``."""

from django.urls import path

from compliance.api.documentation import Docs, Schema
from compliance.api.pulls import DefaultBranchDetail, PullDetail, PullList
from compliance.api.reports import ReportDetail
from compliance.api.rules import RuleDetail, RuleList
from compliance.api.submitting import CheckCollection, ReportCollection
from compliance.api.trends import TrendList
from compliance.api.violations import ViolationDetail, ViolationList

app_name = "api"
urlpatterns = [
    path("reports", ReportCollection.as_view(), name="reports"),
    path("reports/<uuid:report_id>", ReportDetail.as_view(), name="report"),
    path("checks", CheckCollection.as_view(), name="checks"),
    path("rules", RuleList.as_view(), name="rules"),
    path("rule/<slug:rule_id>", RuleDetail.as_view(), name="rule"),
    path("trends", TrendList.as_view(), name="trends"),
    path("violations", ViolationList.as_view(), name="violations"),
    path("violations/<uuid:violation_id>", ViolationDetail.as_view(), name="violation"),
    path("pr", PullList.as_view(), name="pulls"),
    path("pr/default", DefaultBranchDetail.as_view(), name="default-branch"),
    path("pr/<int:number>", PullDetail.as_view(), name="pull"),
    path("schema", Schema.as_view(), name="schema"),
    path("docs", Docs.as_view(), name="docs"),
]

"""Addresses of this room's pages, within the console."""

from django.urls import URLPattern, URLResolver

from dashboard.overview import OverviewPage
from dashboard.rule import RulePage
from dashboard.trends import TrendsPage
from dashboard.what_if import WhatIfPage

app_name = "console"
urlpatterns: list[URLPattern | URLResolver] = [
    OverviewPage.at("", "overview"),
    TrendsPage.at("trends/", "trends"),
    RulePage.at("rules/<slug:rule_id>/", "rule"),
    WhatIfPage.at("what-if/", "what-if"),
]

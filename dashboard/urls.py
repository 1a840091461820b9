"""Addresses of this room's pages, within the console and before Django's own."""

from django.urls import URLPattern, URLResolver

from dashboard.overview import OverviewPage

app_name = "console"
urlpatterns: list[URLPattern | URLResolver] = [OverviewPage.at("", "overview")]

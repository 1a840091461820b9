"""Two admin sites: a tenant's, and the platform operators' on the public host.

One site for both would show a tenant's administrator the public tables, and the public host tables it has not.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    """What both sites share."""

    enable_nav_sidebar = True

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Not offered: lists have their own search, and this one would break while Redis is away."""
        raise Http404


class TenantAdminSite(ConsoleSite):
    """What the people of one tenant see. It is ``django.contrib.admin.site``."""

    index_title = "Overview"
    index_template = "admin/tenant_index.html"


class PublicAdminSite(ConsoleSite):
    """What platform operators see on the public host."""

    index_title = "Platform"
    index_template = "admin/public_index.html"
    settings_name = "UNFOLD_PUBLIC"


public_site = PublicAdminSite(name="admin")

"""Two admin sites: a tenant's, and the platform operators' on the public host.

One site for both would show a tenant's administrator the public tables, and the public host tables it has not.
"""

from typing import Any, cast

from django.contrib.auth.views import PasswordChangeView
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    """What both sites share."""

    enable_nav_sidebar = True
    own_password_form: type[BaseForm] = AdminOwnPasswordChangeForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without Django's way from any row to its page: whoever signs in could ask it which rows there are."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Changing one's own password, by ``own_password_form``: Unfold's site knows but its own form."""
        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=self.own_password_form,
            success_url=reverse(f"{self.name}:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name=self.password_change_template or "registration/password_change_form.html",
        )
        return cast(HttpResponse, view(request))

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

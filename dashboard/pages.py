"""What every page of this room is made from. One class per page, with what it shows and who may see it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views import View

from compliance.admin.polling import versions
from core.errors import DomainError
from core.polling import frame_of, is_poll, polled
from core.views import refused
from dashboard.charts import Chart, as_csv


class ConsolePage(View):
    """A page within the console.

    Its template extends ``frame`` and fills the block ``content``. Charts stand in the context under
    ``charts``, by name; each is downloaded at ``?csv=NAME`` of the page's own address.
    """

    http_method_names = ["get", "head"]
    title: ClassVar[Any]
    permission: ClassVar[str]
    template: ClassVar[str]
    topics: ClassVar[tuple[str, ...]]
    """Of ``Version``: what the page is made from. It refreshes by itself when one of them changes."""

    @classmethod
    def at(cls, route: str, name: str) -> URLPattern:
        """The page's address, for who is signed in; others are led to the sign-in page."""
        pattern: URLPattern = path(route, admin.site.admin_view(cls.as_view()), name=name)
        return pattern

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, with polls of what has not changed answered before anything is read."""
        return polled(cls.state)(super().as_view(**initkwargs))

    @classmethod
    def state(cls, request: HttpRequest) -> object:
        """What tells one state of the page from another; ``shown`` finds it in ``request.live_state``."""
        return versions(*cls.topics)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer who may see the page; what makes no sense in its address is said on a page of its own."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        try:
            return super().dispatch(request, *args, **kwargs)
        except DomainError as error:
            return refused(request, error.status, error.code, error.message)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The page, or one of its charts as a file."""
        shown = self.shown(request, **kwargs)
        if name := request.GET.get("csv"):
            return _file(name, shown.get("charts", {}))
        return TemplateResponse(request, self.template, self.surrounded(request, shown))

    def surrounded(self, request: HttpRequest, shown: dict[str, Any]) -> dict[str, Any]:
        """What is shown, with what the console around it needs: its menu, title and breadcrumbs."""
        around = {} if is_poll(request) else admin.site.each_context(request)
        return {**around, "frame": frame_of(request), "title": self.title, **shown}

    def shown(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """The context of the page's own. What is asked for and makes no sense is a ``DomainError``."""
        raise NotImplementedError


def _file(name: str, charts: dict[str, Chart]) -> HttpResponse:
    if name not in charts:
        raise Http404
    response = HttpResponse(as_csv(charts[name]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response

"""Buttons on pages: each posts to an address of its own, which calls one service."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path

from accounts.models import User
from core.errors import DomainError, NotFound


def button(
    admin: Any, name: str, *, route: str, permission: str, deed: Callable[[HttpRequest, Any, User], str]
) -> URLPattern:
    """The address of a button on a record's page.

    Args:
        route: with ``<…:key>``.
        deed: does it, and returns what to say; what it refuses is said as well.
    """

    def view(request: HttpRequest, key: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            messages.success(request, deed(request, key, cast(User, request.user)))
        except NotFound as error:
            messages.error(request, error.message)
            return HttpResponseRedirect("../../")
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect("../change/")

    pattern: URLPattern = path(route, admin.admin_site.admin_view(view), name=name)
    return pattern
